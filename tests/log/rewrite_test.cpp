// SPDX-License-Identifier: GPL-2.0-or-later
// Headers written again from what fields_of() says of them, against the headers themselves.
#include "mig/rewrite.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <map>
#include <string>

#include "mig/fields.hpp"
#include "replay/analyse_file.hpp"

using namespace mig;

namespace {

class TheseFields final : public UnitFields {
 public:
  explicit TheseFields(const FieldList& list) : list_(list) {}
  std::optional<std::uint64_t> number(std::string_view name) const override {
    const auto* field = list_.find(name);
    return field != nullptr ? std::optional(field->number) : std::nullopt;
  }
  std::optional<std::string> text(std::string_view name) const override {
    return text_of(name, FieldStyle::text);
  }
  std::optional<std::string> bytes(std::string_view name) const override {
    return text_of(name, FieldStyle::bytes);
  }
  bool flag(std::string_view name) const override { return list_.find(name) != nullptr; }

 private:
  std::optional<std::string> text_of(std::string_view name, FieldStyle style) const {
    const auto* field = list_.find(name);
    return field != nullptr && field->style == style ? std::optional(std::string(field->text)) : std::nullopt;
  }
  const FieldList& list_;
};

/// Writes every header of a capture again.
class Rewriting final : public replay::Consumer {
 public:
  void event(const replay::Seen& seen, const Event& event, Bytes raw) override {
    if (seen.migration == nullptr || raw.empty()) return;
    if (std::holds_alternative<Payload>(event.body) || std::holds_alternative<Unparsed>(event.body)) return;
    const auto name = std::string(unit_name(event.body));
    if (name == "mapped-ram") return;  // of files; its page size is in no field
    const auto fields = fields_of(event, seen.migration->tables());
    const auto again = rewrite_header(name, TheseFields(fields), raw.size());
    ++units[name];
    if (const auto* packet = std::get_if<MultifdPacket>(&event.body))
      return check_packet(*packet, again, raw);
    if (std::equal(again.begin(), again.end(), raw.begin(), raw.end())) return;
    CAPTURE(name);
    FAIL_CHECK("written otherwise than it was");
  }
  std::map<std::string, std::uint64_t> units;

 private:
  /// Its fields do not tell how many offsets it has room for, nor what is left over of an older packet.
  static void check_packet(const MultifdPacket& packet, const std::vector<std::byte>& again, Bytes raw) {
    REQUIRE(again.size() == raw.size());
    for (std::size_t i = 0; i < raw.size(); ++i) {
      const bool room = i >= 12 && i < 16, left_over = i >= 20 && i < 24 && packet.normal_pages == 0;
      const bool name = i >= 64 && packet.normal_pages + packet.zero_pages == 0;
      if (!room && !left_over && !name && again[i] != raw[i]) FAIL_CHECK("byte " << i << " of a packet");
    }
  }
};

}  // namespace

TEST_CASE("every header of every sample is written again as it was") {
  Rewriting rewriting;
  for (const auto& file : std::filesystem::recursive_directory_iterator(MIG_SAMPLES)) {
    const auto path = file.path().string();
    if (!path.ends_with(".zst")) continue;
    CAPTURE(path);
    replay::Analysis analysis({&rewriting});
    std::string warning;
    static_cast<void>(replay::analyse_file(path, analysis, warning));
  }
  for (const auto* unit : {"section",        "footer",       "ping",          "pong",
                           "package",        "discard",      "discard-range", "page",
                           "zero-page",      "page-request", "recv-bitmap",   "recv-bitmap-request",
                           "multifd-packet", "multifd-init", "multifd-page",  "ram-block",
                           "capability",     "shut",         "advise",        "eof",
                           "vm-description"}) {
    CAPTURE(unit);
    CHECK(rewriting.units[unit] != 0);
  }
}

namespace {

/// One event and what it is called, for bodies that no sample has.
void check_again(const EventBody& body, Bytes raw, const StreamTables& tables) {
  const auto fields = fields_of(Event{{0, raw.size()}, body}, tables);
  const auto again = rewrite_header(unit_name(body), TheseFields(fields), raw.size());
  CAPTURE(std::string(unit_name(body)));
  CHECK(std::equal(again.begin(), again.end(), raw.begin(), raw.end()));
}

std::vector<std::byte> hex(std::string_view digits) {
  std::vector<std::byte> out;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    out.push_back(static_cast<std::byte>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16)));
  return out;
}

}  // namespace

TEST_CASE("units that no sample has") {
  StreamTables tables;
  const auto name = *tables.intern("ab");
  const auto block = *tables.add_block("ab", 0x10000);
  check_again(PageRecord{block, 3, 0x3000, 0x40, PageEncoding::xbzrle, 0, true},
              hex("0000000000003040026162010003"), tables);
  check_again(PageRecord{block, 0, 0x3000, 0x22, PageEncoding::zero, 7, false}, hex("000000000000302207"),
              tables);
  check_again(PageRecord{block, 9, 0x3000, 0x120, PageEncoding::compressed, 0, false},
              hex("000000000000312000000009"), tables);
  check_again(DirtyBitmapChunk{0x0c, name}, hex("0c026162"), tables);
  check_again(DirtyBitmapChunk{0x8001, no_name}, hex("8001"), tables);
  check_again(DirtyBitmapName{name}, hex("026162"), tables);
  check_again(DirtyBitmapStart{65536, 3}, hex("0001000003"), tables);
  check_again(DirtyBitmapBits{5, 0, 9}, hex("000000000000000500000009"), tables);
  check_again(DirtyBitmapBits{5, 16, 9}, hex("0000000000000005000000090000000000000010"), tables);
  check_again(BlockChunk{3, name, 1U << 20, 1}, hex("0000000000000601026162"), tables);
  check_again(BlockChunk{3, no_name, 0, 2}, hex("0000000000000602"), tables);
  check_again(VfioRecord{0xffffffffef100004, 0}, hex("ffffffffef1000040000000000000000"), tables);
  check_again(VfioRecord{0xffffffffef100001, 0}, hex("ffffffffef100001"), tables);
  check_again(HtabRecord{1, 2, 3}, hex("0000000100020003"), tables);
  check_again(HtabHeader{0xffffffff}, hex("ffffffff"), tables);
  check_again(S390Record{0x5000, 4, 2}, hex("00000000000050020000000000000004"), tables);
  check_again(ResumeAck{1}, hex("0006000400000001"), tables);
  check_again(SwitchoverAck{}, hex("00070000"), tables);
  check_again(RamBlockPageSize{block, 0x200000}, hex("0000000000200000"), tables);
  check_again(RamBlockAddress{block, 0x1234000}, hex("0000000001234000"), tables);
  check_again(RamHook{0x80}, hex("0000000000000080"), tables);
  check_again(TargetPageBits{12},
              hex("051e636f6e66696775726174696f6e2f7461726765742d706167652d62697473000000010000000c"),
              tables);
}

TEST_CASE("fields that are not there, or do not fit, write nothing") {
  FieldList none;
  CHECK(rewrite_header("ping", TheseFields(none)).empty());
  CHECK(rewrite_header("nonsense", TheseFields(none)).empty());
  FieldList large;
  large.add({"value", FieldStyle::decimal, 1ULL << 32, {}, {}, false});
  CHECK(rewrite_header("pong", TheseFields(large)).empty());
  FieldList odd;  // flags would stand in the offset's low bits
  odd.add({"offset", FieldStyle::hex, 0x3001, {}, {}, false});
  odd.add({"continue", FieldStyle::flag, 1, {}, {}, false});
  CHECK(rewrite_header("zero-page", TheseFields(odd)).empty());
}
