// SPDX-License-Identifier: GPL-2.0-or-later
#include <array>

#include "rewriter.hpp"

namespace mig {
namespace {

/// A name in 256 bytes.
void padded(Rewriter& w, const std::string& value) {
  constexpr std::size_t size = 256;
  if (value.size() >= size) return w.refuse();
  w.raw(value);
  w.zeros(size - value.size());
}

void packet_start(Rewriter& w) {
  w.u32(wire::multifd_magic);
  w.u32(wire::multifd_version);
  w.u32(w.number("flags"));
}

void init(Rewriter& w) {
  w.u32(wire::multifd_magic);
  w.u32(w.number("version"));
  w.uuid();
  w.u8(w.number("channel_id"));
  w.zeros(wire::multifd_init_size - 25);
}

void packet(Rewriter& w) {
  packet_start(w);
  w.u32(0);
  w.u32(w.number("normal_pages"));
  w.u32(w.number("size"));
  w.u64(w.number("packet_num"));
  w.u32(w.number("zero_pages"));
  w.zeros(64 - 36);
  padded(w, w.fields().text("block").value_or(std::string()));
}

void device_state(Rewriter& w) {
  packet_start(w);
  padded(w, w.text("idstr"));
  w.u32(w.number("instance_id"));
  w.u32(w.number("size"));
}

const std::array packet_units{
    RewriteRow{"multifd-init", init},
    RewriteRow{"multifd-packet", packet},
    RewriteRow{"multifd-page", [](Rewriter& w) { w.u64(w.number("offset")); }},
    RewriteRow{"multifd-device-state", device_state},
};

}  // namespace

RewriteRows multifd_rows() { return packet_units; }

}  // namespace mig
