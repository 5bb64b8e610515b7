// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/extract/extractor.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>
#include <vector>

#include "common/text.hpp"
#include "mig/history/blobs.hpp"
#include "replay/analyses/words.hpp"

namespace mig::replay {

std::optional<ExtractRequest> parse_extract(const std::string& what) {
  constexpr std::array<std::pair<std::string_view, Extract>, 4> plain = {
      {{"stream", Extract::stream},
       {"return-path", Extract::return_path},
       {"package", Extract::package},
       {"vmdesc", Extract::vm_description}}};
  ExtractRequest out;
  for (const auto& [name, kind] : plain) {
    if (what != name) continue;
    out.what = kind;
    return out;
  }
  const auto colon = what.find(':');
  if (colon == std::string::npos || colon + 1 == what.size()) return std::nullopt;
  out.name = what.substr(colon + 1);
  out.what = what.starts_with("device:") ? Extract::device : Extract::ram;
  if (!what.starts_with("device:") && !what.starts_with("ram:")) return std::nullopt;
  return out;
}

void Extractor::complain(const std::string& what) {
  if (problem_.empty()) problem_ = what;
}

void Extractor::opened(ConnectionId, const ConnectionInfo& info, Moment) {
  const bool needs_pages = request.what == Extract::stream || request.what == Extract::ram;
  if (needs_pages && !info.interface.pages_recorded)
    complain("page contents were not recorded (migproxy --record-pages=no)");
}

void Extractor::event(const EventContext& context, const Event& event, Bytes raw) {
  if (context.migration == nullptr) return;
  const auto number = static_cast<unsigned>(context.migration->id()) + 1;
  migrations_ = std::max(migrations_, number);
  if (number == request.migration) take(context, event, raw);
}

void Extractor::finished(Time) {
  if (migrations_ < request.migration) complain(no_such_migration(request.migration, migrations_));
  if (migrations_ > 1 && request.migration == 1)
    note("the capture has " + std::to_string(migrations_) +
         " migrations; this is of the first (--migration N)");
}

void Extractor::write(const Event& event, Bytes raw) {
  if (!std::holds_alternative<Missing>(event.body)) return out.append(raw);
  if (!request.zero_missing)
    complain("the capture lacks " + std::to_string(event.range.size()) + " bytes of it at offset " +
             hex_text(event.range.begin) + "; --zero-missing goes on with zeros");
  out.append_zeros(event.range.size());
}

namespace {

/// One direction of the main channel, byte by byte. The offsets in a mapped-ram stream count from the start
/// of the file it was written to, so it is written at the place that it had there.
class StreamExtractor final : public Extractor {
 public:
  using Extractor::Extractor;
  void finished(Time time) override {
    begin();
    Extractor::finished(time);
    if (out.written() == 0) complain("no byte of it is in the capture");
    if (resumed_) note("the migration was resumed on another connection, which is not part of this");
  }

 private:
  static constexpr std::size_t max_head = 1U << 16;
  static constexpr std::uint64_t max_front = 1ULL << 40;

  void take(const EventContext& context, const Event& event, Bytes raw) override {
    const auto wanted = request.what == Extract::stream ? Direction::forward : Direction::return_path;
    resumed_ = resumed_ || context.channel == ChannelKind::main_resumed;
    if (context.channel != ChannelKind::main || context.direction != wanted) return;
    const auto* mapped = std::get_if<MappedRamHeader>(&event.body);
    if (!begun_ && mapped != nullptr && mapped->bitmap_offset != 0) {
      place(mapped->bitmap_offset - event.range.end);
      begin();
    }
    const bool may_wait =
        !std::holds_alternative<Missing>(event.body) && head_.size() + raw.size() <= max_head;
    if (begun_ || !may_wait) {
      begin();
      return write(event, raw);
    }
    head_.insert(head_.end(), raw.begin(), raw.end());
  }
  void place(std::uint64_t front) {
    if (front == 0 || front > max_front) return;
    if (!out.seekable()) return complain("mapped-ram needs a file that can be written at any offset");
    out.skip(front);
    note("mapped-ram: written at offset " + std::to_string(front) +
         ", where it was; load it with file:" + "FILE,offset=" + std::to_string(front));
  }
  void begin() {
    if (std::exchange(begun_, true)) return;
    if (!head_.empty()) out.append(head_);
    head_ = {};
  }
  std::vector<std::byte> head_;  // until it is known whether RAM is mapped
  bool begun_ = false, resumed_ = false;
};

/// The bytes of one blob, as they pass: the first package's, a device section's, the VM description's.
class BlobExtractor final : public Extractor {
 public:
  using Extractor::Extractor;
  void finished(Time time) override {
    Extractor::finished(time);
    if (wanted_ == no_blob) complain(not_found());
    if (found_ > 1 && request.what == Extract::device && !request.instance)
      note(std::to_string(found_) + " sections have this name; this is the first (--instance N)");
    if (collector_.is_in(wanted_)) complain("the capture ends inside the " + kind());
  }

 private:
  void take(const EventContext& context, const Event& event, Bytes raw) override {
    if (!is_main(context.channel) || context.direction != Direction::forward) return;
    const bool inside = collector_.is_in(wanted_);
    const auto blob = collector_.delivered(blobs_, place_of(context, event), event, raw);
    const bool ends_it = blob == wanted_ && std::holds_alternative<Payload>(event.body);
    const bool read = !std::holds_alternative<Unparsed>(event.body);
    if (inside && read && (collector_.is_in(wanted_) || ends_it)) write(event, raw);
    const bool begins = blob != no_blob && blobs_[blob].at.offset == event.range.begin;
    if (begins && is_wanted(event.body, context.migration->tables()) && found_++ == 0) wanted_ = blob;
  }
  bool is_wanted(const EventBody& body, const StreamTables& tables) {
    if (request.what == Extract::package) return std::holds_alternative<PackageBegin>(body);
    if (request.what == Extract::vm_description) return std::holds_alternative<VmDescription>(body);
    const auto* header = std::get_if<SectionHeader>(&body);
    if (header == nullptr || header->type != SectionType::full) return false;
    const std::string name(tables.name(header->idstr));
    if (names_.size() < max_names) names_.insert(name);
    return name == request.name && (!request.instance || *request.instance == header->instance_id);
  }
  [[nodiscard]] std::string kind() const {
    if (request.what == Extract::package) return "package";
    return request.what == Extract::vm_description ? "VM description" : "section";
  }
  [[nodiscard]] std::string not_found() const {
    if (request.what == Extract::package) return "no package was sent";
    if (request.what == Extract::vm_description)
      return "the stream has no VM description; postcopy never sends one";
    std::string list = "no device section \"" + printable(request.name) + "\"", before = "; there are ";
    for (const auto& name : names_) list += std::exchange(before, ", ") + printable(name);
    return list;
  }

  static constexpr std::size_t max_names = 100;
  Blobs blobs_{0};  // none of their bytes are kept
  BlobCollector collector_{BlobCollector::Packages::kept};
  std::uint32_t wanted_ = no_blob;
  std::size_t found_ = 0;  // blobs that are what is wanted; the first is written
  std::set<std::string> names_;
};

}  // namespace

std::unique_ptr<Extractor> make_extractor(const ExtractRequest& request, OutputFile& out) {
  switch (request.what) {
    case Extract::stream:
    case Extract::return_path: return std::make_unique<StreamExtractor>(request, out);
    case Extract::package:
    case Extract::device:
    case Extract::vm_description: return std::make_unique<BlobExtractor>(request, out);
    case Extract::ram: return make_ram_extractor(request, out);
  }
  return nullptr;
}

}  // namespace mig::replay
