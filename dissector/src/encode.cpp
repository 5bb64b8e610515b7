// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/encode.hpp"

#include "header_writer.hpp"

namespace mig {
namespace {

/// One overload per body that can be written.
struct Encoder {
  HeaderWriter& out;
  std::string_view block;

  template <class T>
  void operator()(const T&) const {
    out.refuse();
  }
  void operator()(const Ping& b) const { out.ping(b.value); }
  void operator()(const Command& b) const { out.command(b.type, 0); }
  void operator()(const EndOfStream&) const { out.u8(wire::vm_eof); }
  void operator()(const Shut& b) const { out.valued_message(MessageType::shut, b.value); }
  void operator()(const Pong& b) const { out.valued_message(MessageType::pong, b.value); }
  void operator()(const PageRequest& b) const {
    out.page_request(b.start, b.length, block.empty() ? std::nullopt : std::optional(block));
  }
  void operator()(const ResumeAck& b) const { out.valued_message(MessageType::resume_ack, b.value); }
  void operator()(const SwitchoverAck&) const { out.message(MessageType::switchover_ack, 0); }
};

}  // namespace

std::vector<std::byte> encode(const EventBody& body, std::string_view block) {
  HeaderWriter out;
  std::visit(Encoder{out, block}, body);
  return out.take();
}

std::vector<std::byte> with_block_name(const EventBody& body, Bytes raw, std::string_view block) {
  const auto* page = std::get_if<PageRecord>(&body);
  if (page != nullptr && !page->names_block) {
    HeaderWriter out;
    out.u64(load_be64(raw) & ~wire::ram_continue);
    out.cstr(block);
    out.raw(raw.subspan(8));
    return out.take();
  }
  const auto* wanted = std::get_if<PageRequest>(&body);
  if (wanted != nullptr && !wanted->names_block) return encode(*wanted, block);
  return {raw.begin(), raw.end()};
}

}  // namespace mig
