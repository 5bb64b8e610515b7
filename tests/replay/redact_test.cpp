// SPDX-License-Identifier: GPL-2.0-or-later
#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "mig/describe.hpp"
#include "replay/analyse_file.hpp"
#include "replay/capture_decoder.hpp"
#include "replay/redact/redact_file.hpp"

using namespace mig;
using namespace mig::replay;

namespace {

/// A file that is gone at the end of the test.
struct TemporaryFile {
  std::string path =
      (std::filesystem::temp_directory_path() / ("mig-redact-" + std::to_string(getpid()))).string();
  TemporaryFile() = default;
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::filesystem::remove(path); }
};

/// All units as text, with times; the payloads' bytes apart.
class Reading final : public Consumer {
 public:
  explicit Reading(const std::string& path) {
    CaptureDecoder analysis({this});
    std::string warning;
    static_cast<void>(analyse_file(path, analysis, warning));
    CHECK(warning.empty());
  }
  void event(const EventContext& context, const Event& event, Bytes raw) override {
    if (const auto* payload = std::get_if<Payload>(&event.body)) {
      if (payload->kind == PayloadKind::vm_description) description += as_text(raw);
      if (payload->kind != PayloadKind::vm_description && payload->kind != PayloadKind::mapped_ram_bitmap &&
          payload->kind != PayloadKind::received_bitmap) {
        bytes += raw.size();
        for (const auto b : raw) not_zero += b != std::byte{} ? 1 : 0;
      }
      return;
    }
    REQUIRE(context.migration != nullptr);
    text += std::to_string(context.time.count()) + " " + std::to_string(context.packet) + " " +
            describe(event, context.migration->tables()) + "\n";
  }
  std::string text, description;
  std::uint64_t bytes = 0, not_zero = 0;
};

/// RFC 9293: all words with those of the pseudo header sum up to 0xffff.
bool checksum_is_right(const Segment& s) {
  std::uint64_t sum = 6 + s.transport.size();
  const auto add = [&](Bytes bytes) {
    for (std::size_t i = 0; i < bytes.size(); ++i)
      sum += std::uint64_t{load_u8(bytes, i)} << (i % 2 == 0 ? 8 : 0);
  };
  add(s.transport);
  add(std::as_bytes(std::span(s.source.address)));
  add(std::as_bytes(std::span(s.destination.address)));
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return sum == 0xffff;
}

}  // namespace

TEST_CASE("a redacted capture has the same events at the same times, and nothing of the guest") {
  for (const char* name :
       {"01-precopy-11.1-11.1.pcap.zst", "07-postcopy-preempt-11.1-11.1.pcap.zst",
        "08-multifd2-none-11.1-11.1.pcap.zst", "11b-postcopy-cut-recover-11.1-11.1.dstleg.pcap.zst",
        "12-postcopy-devfail-11.1-11.1.dstleg.pcap.zst", "18a-file-stream-11.1-11.1.migstream.zst",
        "18b-mapped-ram-file-11.1-11.1.migstream.zst"}) {
    CAPTURE(name);
    const auto path = std::string(MIG_SAMPLES) + "/" + name;
    const TemporaryFile out;
    const auto result = redact_file(path, out.path);
    CHECK(result.same_structure);
    CHECK(result.blank_packets == 0);
    const Reading before(path), after(out.path);
    CHECK((std::filesystem::status(out.path).permissions() & std::filesystem::perms(077)) ==
          std::filesystem::perms::none);
    CHECK(after.text == before.text);
    CHECK(after.description == before.description);
    CHECK(after.bytes == before.bytes);
    CHECK(before.not_zero > 1000);
    CHECK(after.not_zero == 0);
    if (result.packets == 0) continue;  // a stream file
    std::uint64_t right = 0;
    const auto source = open_packets(open_packed(out.path), out.path);
    while (const auto* packet = source->next()) {
      const auto segment = decode_frame(packet->link_type, packet->frame);
      if (segment && checksum_is_right(*segment)) ++right;
    }
    CHECK(right == result.packets);
  }
}

TEST_CASE("where it cannot read or write, redact says which file") {
  CHECK_THROWS_WITH(static_cast<void>(redact_file("/nowhere", "/tmp/x")),
                    "/nowhere: No such file or directory");
  CHECK_THROWS_WITH(static_cast<void>(redact_file("-", "/tmp/x")),
                    "redact reads its input twice: it needs files, not -");
  const auto sample = std::string(MIG_SAMPLES) + "/12-postcopy-devfail-11.1-11.1.dstleg.pcap.zst";
  CHECK_THROWS_WITH(static_cast<void>(redact_file(sample, "/nowhere/x")),
                    "/nowhere/x: cannot write: No such file or directory");
}
