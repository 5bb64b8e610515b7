// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/rewrite.hpp"

#include <algorithm>
#include <array>

#include "mig/bytes.hpp"
#include "mig/events.hpp"
#include "mig/fields.hpp"
#include "mig/wire.hpp"

namespace mig {
namespace {

using Name = std::string_view;

/// Writes one header. What does not fit its place is noted and nothing comes out.
class Rewriter {
 public:
  Rewriter(const UnitFields& fields, std::size_t length) : fields_(fields), length_(length) {}

  template <class T>
  void put(std::uint64_t value) {
    bad_ = bad_ || (value >> (8 * sizeof(T) - 1)) > 1;
    for (auto shift = static_cast<int>(8 * sizeof(T)) - 8; shift >= 0; shift -= 8)
      out_.push_back(static_cast<std::byte>(value >> shift & 0xff));
  }
  void u8(std::uint64_t v) { put<std::uint8_t>(v); }
  void u16(std::uint64_t v) { put<std::uint16_t>(v); }
  void u32(std::uint64_t v) { put<std::uint32_t>(v); }
  void u64(std::uint64_t v) { put<std::uint64_t>(v); }

  std::uint64_t number(Name name) {
    const auto value = fields_.number(name);
    bad_ = bad_ || !value;
    return value.value_or(0);
  }
  std::string text(Name name) {
    auto value = fields_.text(name);
    bad_ = bad_ || !value;
    return value.value_or(std::string());
  }
  /// Its length in one byte, then the text.
  void cstr(std::string_view value) {
    u8(value.size());
    raw(value);
  }
  void raw(std::string_view value) {
    const auto bytes = as_bytes(value);
    out_.insert(out_.end(), bytes.begin(), bytes.end());
  }
  void uuid() {
    const auto value = fields_.bytes("uuid");
    bad_ = bad_ || !value || value->size() != 16;
    if (!bad_) raw(*value);
  }
  void zeros(std::size_t count) { out_.insert(out_.end(), count, std::byte{0}); }
  /// A name in 256 bytes, as multifd has it.
  void padded(const std::string& value) {
    bad_ = bad_ || value.size() > 255;
    if (bad_) return;
    raw(value);
    zeros(256 - value.size());
  }
  void command(CommandType type, std::uint64_t length) {
    u8(wire::vm_command);
    u16(static_cast<std::uint64_t>(type));
    u16(length);
  }
  void message(std::uint16_t type, std::uint64_t length) {
    u16(type);
    u16(length);
  }
  void subsection(Name name) {
    u8(wire::vm_subsection);
    cstr(name);
    u32(1);
  }
  void refuse() { bad_ = true; }
  [[nodiscard]] const UnitFields& fields() const { return fields_; }
  [[nodiscard]] std::size_t length() const { return length_; }
  [[nodiscard]] std::vector<std::byte> take() { return bad_ ? std::vector<std::byte>() : std::move(out_); }

 private:
  const UnitFields& fields_;
  std::size_t length_;
  std::vector<std::byte> out_;
  bool bad_ = false;
};

void section(Rewriter& w) {
  const auto word = w.text("type");
  for (const auto type : {SectionType::start, SectionType::part, SectionType::end, SectionType::full}) {
    if (word != to_string(type)) continue;
    w.u8(static_cast<std::uint64_t>(type));
    w.u32(w.number("section_id"));
    if (type != SectionType::start && type != SectionType::full) return;
    w.cstr(w.text("idstr"));
    w.u32(w.number("instance_id"));
    return w.u32(w.number("version_id"));
  }
  w.refuse();
}

void discard(Rewriter& w) {
  w.command(CommandType::postcopy_ram_discard, w.number("length"));
  w.u8(0);
  w.cstr(w.text("block"));
  w.u8(0);
}

void advise(Rewriter& w) {
  const auto length = w.number("length");
  w.command(CommandType::postcopy_advise, length);
  if (length == 0) return;
  w.u64(w.number("page_size_summary"));
  w.u64(w.number("target_page_size"));
}

void recv_bitmap_request(Rewriter& w) {
  const auto block = w.text("block");
  w.command(CommandType::recv_bitmap, 1 + block.size());
  w.cstr(block);
}

std::uint64_t page_flag(Rewriter& w) {
  const auto encoding = w.fields().text("encoding").value_or("plain");
  if (encoding == to_string(PageEncoding::plain)) return wire::ram_page;
  if (encoding == to_string(PageEncoding::xbzrle)) return wire::ram_xbzrle;
  if (encoding != to_string(PageEncoding::compressed)) w.refuse();
  return wire::ram_compress_page;
}

void page_start(Rewriter& w, std::uint64_t flag) {
  const bool named = !w.fields().flag("continue");
  const auto offset = w.number("offset");
  if ((offset & 0xff) != 0) w.refuse();
  w.u64(offset | flag | (named ? 0 : wire::ram_continue));
  if (named) w.cstr(w.text("block"));
}

void page(Rewriter& w) {
  const auto flag = page_flag(w);
  page_start(w, flag);
  if (flag == wire::ram_xbzrle) {
    w.u8(wire::xbzrle_encoded);
    w.u16(w.number("size"));
  } else if (flag == wire::ram_compress_page) {
    w.u32(w.number("size"));
  }
}

void zero_page(Rewriter& w) {
  page_start(w, wire::ram_zero);
  w.u8(w.fields().number("fill").value_or(0));
}

void dirty_bitmap(Rewriter& w) {
  const auto flags = w.number("flags");
  flags > 0xffff ? w.u32(flags) : flags > 0xff ? w.u16(flags) : w.u8(flags);
  if (const auto node = w.fields().text("node")) w.cstr(*node);
}

void bitmap_bits(Rewriter& w) {
  w.u64(w.number("start_sector"));
  w.u32(w.number("sectors"));
  const auto size = w.number("size");
  if (size != 0 || w.length() == 20) w.u64(size);
}

void block_chunk(Rewriter& w) {
  const auto sector = w.number("sector");
  const auto flags = w.number("flags");
  if (sector >> 55 != 0 || flags > 0x1ff) w.refuse();
  w.u64(sector << 9 | flags);
  if (const auto device = w.fields().text("device")) w.cstr(*device);
}

void sized(Rewriter& w) {
  const auto size = w.number("size");
  if (size != 0 || w.length() == 16) w.u64(size);
}

void htab_record(Rewriter& w) {
  w.u32(w.number("index"));
  w.u16(w.number("valid"));
  w.u16(w.number("invalid"));
}

void page_request(Rewriter& w) {
  const bool named = w.fields().flag("named");
  const auto block = named ? w.text("block") : std::string();
  named ? w.message(3, 13 + block.size()) : w.message(4, 12);
  w.u64(w.number("offset"));
  w.u32(w.number("size"));
  if (named) w.cstr(block);
}

void recv_bitmap(Rewriter& w) {
  const auto block = w.text("block");
  w.message(5, 1 + block.size());
  w.cstr(block);
  w.u64(w.number("size"));
}

void packet_start(Rewriter& w) {
  w.u32(wire::multifd_magic);
  w.u32(wire::multifd_version);
}

void multifd_init(Rewriter& w) {
  w.u32(wire::multifd_magic);
  w.u32(w.number("version"));
  w.uuid();
  w.u8(w.number("channel_id"));
  w.zeros(wire::multifd_init_size - 25);
}

void multifd_packet(Rewriter& w) {
  packet_start(w);
  w.u32(w.number("flags"));
  w.u32(0);
  w.u32(w.number("normal_pages"));
  w.u32(w.number("size"));
  w.u64(w.number("packet_num"));
  w.u32(w.number("zero_pages"));
  w.zeros(64 - 36);
  w.padded(w.fields().text("block").value_or(std::string()));
}

void multifd_device_state(Rewriter& w) {
  packet_start(w);
  w.u32(w.number("flags"));
  w.padded(w.text("idstr"));
  w.u32(w.number("instance_id"));
  w.u32(w.number("size"));
}

struct Row {
  Name unit;
  void (*write)(Rewriter&);
};

template <CommandType type>
void bare(Rewriter& w) {
  w.command(type, 0);
}
template <std::uint16_t type>
void valued(Rewriter& w) {
  w.message(type, 4);
  w.u32(w.number("value"));
}

const std::array rows{
    Row{"file-header", [](Rewriter& w) { w.u32(wire::file_magic), w.u32(w.number("version")); }},
    Row{"configuration",
        [](Rewriter& w) {
          const auto machine = w.text("machine");
          w.u8(wire::vm_configuration), w.u32(machine.size()), w.raw(machine);
        }},
    Row{"target-page-bits",
        [](Rewriter& w) { w.subsection("configuration/target-page-bits"), w.u32(w.number("bits")); }},
    Row{"capabilities",
        [](Rewriter& w) { w.subsection("configuration/capabilities"), w.u32(w.number("count")); }},
    Row{"capability", [](Rewriter& w) { w.cstr(w.text("name")); }},
    Row{"uuid", [](Rewriter& w) { w.subsection("configuration/uuid"), w.uuid(); }},
    Row{"section", section},
    Row{"footer", [](Rewriter& w) { w.u8(wire::vm_section_footer), w.u32(w.number("section_id")); }},
    Row{"eof", [](Rewriter& w) { w.u8(wire::vm_eof); }},
    Row{"vm-description", [](Rewriter& w) { w.u8(wire::vm_description), w.u32(w.number("length")); }},
    Row{"open-return-path", bare<CommandType::open_return_path>},
    Row{"listen", bare<CommandType::postcopy_listen>},
    Row{"run", bare<CommandType::postcopy_run>},
    Row{"enable-colo", bare<CommandType::enable_colo>},
    Row{"resume", bare<CommandType::postcopy_resume>},
    Row{"switchover-start", bare<CommandType::switchover_start>},
    Row{"ping", [](Rewriter& w) { w.command(CommandType::ping, 4), w.u32(w.number("value")); }},
    Row{"advise", advise},
    Row{"discard", discard},
    Row{"discard-range", [](Rewriter& w) { w.u64(w.number("start")), w.u64(w.number("length")); }},
    Row{"package", [](Rewriter& w) { w.command(CommandType::packaged, 4), w.u32(w.number("length")); }},
    Row{"recv-bitmap-request", recv_bitmap_request},
    Row{"ram-blocks", [](Rewriter& w) { w.u64(w.number("total") | wire::ram_mem_size); }},
    Row{"ram-block", [](Rewriter& w) { w.cstr(w.text("block")), w.u64(w.number("used_length")); }},
    Row{"block-page-size", [](Rewriter& w) { w.u64(w.number("page_size")); }},
    Row{"block-address", [](Rewriter& w) { w.u64(w.number("address")); }},
    Row{"page", page},
    Row{"zero-page", zero_page},
    Row{"ram-eos", [](Rewriter& w) { w.u64(wire::ram_eos); }},
    Row{"multifd-flush", [](Rewriter& w) { w.u64(wire::ram_multifd_flush); }},
    Row{"ram-hook", [](Rewriter& w) { w.u64(w.number("flags")); }},
    Row{"dirty-bitmap", dirty_bitmap},
    Row{"bitmap-name", [](Rewriter& w) { w.cstr(w.text("bitmap")); }},
    Row{"bitmap-start", [](Rewriter& w) { w.u32(w.number("granularity")), w.u8(w.number("flags")); }},
    Row{"bitmap-bits", bitmap_bits},
    Row{"block-chunk", block_chunk},
    Row{"vfio-record", [](Rewriter& w) { w.u64(w.number("tag")), sized(w); }},
    Row{"htab-header", [](Rewriter& w) { w.u32(w.number("value")); }},
    Row{"htab-record", htab_record},
    Row{"s390-record", [](Rewriter& w) { w.u64(w.number("address") | w.number("flags")), sized(w); }},
    Row{"shut", valued<1>},
    Row{"pong", valued<2>},
    Row{"page-request", page_request},
    Row{"recv-bitmap", recv_bitmap},
    Row{"recv-bitmap-end", [](Rewriter& w) { w.u64(wire::recv_bitmap_end); }},
    Row{"resume-ack", valued<6>},
    Row{"switchover-ack", [](Rewriter& w) { w.message(7, 0); }},
    Row{"multifd-init", multifd_init},
    Row{"multifd-packet", multifd_packet},
    Row{"multifd-page", [](Rewriter& w) { w.u64(w.number("offset")); }},
    Row{"multifd-device-state", multifd_device_state},
};

}  // namespace

std::vector<std::byte> rewrite_header(std::string_view unit, const UnitFields& fields, std::size_t length) {
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.unit == unit; });
  if (row == rows.end()) return {};
  Rewriter writer(fields, length);
  row->write(writer);
  return writer.take();
}

}  // namespace mig
