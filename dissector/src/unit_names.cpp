// SPDX-License-Identifier: GPL-2.0-or-later
#include <array>

#include "mig/fields.hpp"

namespace mig {
namespace {

template <class Enum, std::size_t N>
std::string_view pick(const std::array<std::string_view, N>& names, Enum value) noexcept {
  const auto i = static_cast<std::size_t>(value);
  return i < N ? names[i] : std::string_view("?");
}

std::string_view command_name(CommandType type) noexcept {
  constexpr std::array<std::string_view, 12> names = {"invalid",
                                                      "open-return-path",
                                                      "ping",
                                                      "advise",
                                                      "listen",
                                                      "run",
                                                      "discard",
                                                      "package",
                                                      "enable-colo",
                                                      "resume",
                                                      "recv-bitmap-request",
                                                      "switchover-start"};
  return pick(names, type);
}

// In the order of EventBody. Empty: depends on the value.
constexpr std::array<std::string_view, std::variant_size_v<EventBody>> unit_names = {"file-header",
                                                                                     "configuration",
                                                                                     "target-page-bits",
                                                                                     "capabilities",
                                                                                     "capability",
                                                                                     "uuid",
                                                                                     "section",
                                                                                     "footer",
                                                                                     "eof",
                                                                                     "vm-description",
                                                                                     "",
                                                                                     "ping",
                                                                                     "advise",
                                                                                     "discard",
                                                                                     "discard-range",
                                                                                     "package",
                                                                                     "package-end",
                                                                                     "recv-bitmap-request",
                                                                                     "ram-blocks",
                                                                                     "ram-block",
                                                                                     "block-page-size",
                                                                                     "block-address",
                                                                                     "mapped-ram",
                                                                                     "",
                                                                                     "ram-eos",
                                                                                     "multifd-flush",
                                                                                     "ram-hook",
                                                                                     "dirty-bitmap",
                                                                                     "bitmap-name",
                                                                                     "bitmap-start",
                                                                                     "bitmap-bits",
                                                                                     "block-chunk",
                                                                                     "vfio-record",
                                                                                     "htab-header",
                                                                                     "htab-record",
                                                                                     "s390-record",
                                                                                     "shut",
                                                                                     "pong",
                                                                                     "page-request",
                                                                                     "recv-bitmap",
                                                                                     "recv-bitmap-end",
                                                                                     "resume-ack",
                                                                                     "switchover-ack",
                                                                                     "multifd-init",
                                                                                     "multifd-packet",
                                                                                     "multifd-page",
                                                                                     "multifd-device-state",
                                                                                     "payload",
                                                                                     "unparsed",
                                                                                     "missing",
                                                                                     "resynchronised",
                                                                                     "confirmed"};

}  // namespace

std::string_view unit_name(const EventBody& body) noexcept {
  if (const auto* command = std::get_if<Command>(&body)) return command_name(command->type);
  if (const auto* page = std::get_if<PageRecord>(&body)) {
    return page->encoding == PageEncoding::zero ? "zero-page" : "page";
  }
  return unit_names[body.index()];
}

bool starts_unit(const EventBody& body) noexcept {
  return !(std::holds_alternative<Payload>(body) || std::holds_alternative<Unparsed>(body) ||
           std::holds_alternative<Missing>(body) || std::holds_alternative<PackageEnd>(body) ||
           std::holds_alternative<DiscardRange>(body) || std::holds_alternative<Capability>(body) ||
           std::holds_alternative<RamBlockEntry>(body) || std::holds_alternative<RamBlockPageSize>(body) ||
           std::holds_alternative<RamBlockAddress>(body) || std::holds_alternative<MappedRamHeader>(body) ||
           std::holds_alternative<DirtyBitmapName>(body) || std::holds_alternative<DirtyBitmapStart>(body) ||
           std::holds_alternative<DirtyBitmapBits>(body) || std::holds_alternative<RecvBitmapEnd>(body) ||
           std::holds_alternative<MultifdPage>(body) || std::holds_alternative<Resynchronised>(body) ||
           std::holds_alternative<Confirmed>(body));
}

std::string_view to_string(Direction direction) noexcept {
  return direction == Direction::forward ? "forward" : "return-path";
}

std::string_view to_string(ChannelKind kind) noexcept {
  constexpr std::array<std::string_view, 6> names = {"unknown", "main",    "main-resumed",
                                                     "multifd", "preempt", "tls"};
  return pick(names, kind);
}

std::string_view to_string(SectionType type) noexcept {
  constexpr std::array<std::string_view, 5> names = {"?", "START", "PART", "END", "FULL"};
  return pick(names, type);
}

std::string_view to_string(PayloadKind kind) noexcept {
  constexpr std::array<std::string_view, 14> names = {"page",
                                                      "device-state",
                                                      "vm-description",
                                                      "dirty-bitmap",
                                                      "block-data",
                                                      "vfio-data",
                                                      "htab-data",
                                                      "s390-data",
                                                      "received-bitmap",
                                                      "mapped-ram-bitmap",
                                                      "mapped-ram-pages",
                                                      "unused-offsets",
                                                      "multifd-data",
                                                      "after-end"};
  return pick(names, kind);
}

std::string_view to_string(Anchor anchor) noexcept {
  constexpr std::array<std::string_view, 9> names = {"none",     "footer",      "ram-eos",
                                                     "command",  "ram-records", "package-end",
                                                     "messages", "bitmap-end",  "packet"};
  return pick(names, anchor);
}

std::string_view to_string(PageEncoding encoding) noexcept {
  constexpr std::array<std::string_view, 4> names = {"plain", "zero", "xbzrle", "compressed"};
  return pick(names, encoding);
}

}  // namespace mig
