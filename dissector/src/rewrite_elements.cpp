// SPDX-License-Identifier: GPL-2.0-or-later
#include <array>

#include "mig/fields.hpp"
#include "rewriter.hpp"

namespace mig {
namespace {

void subsection(Rewriter& w, std::string_view name) {
  w.u8(wire::vm_subsection);
  w.cstr(name);
  w.u32(1);
}

void configuration(Rewriter& w) {
  const auto machine = w.text("machine");
  w.u8(wire::vm_configuration);
  w.u32(machine.size());
  w.raw(machine);
}

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

template <CommandType type>
void bare(Rewriter& w) {
  w.command(type, 0);
}

void advise(Rewriter& w) {
  const auto length = w.number("length");
  w.command(CommandType::postcopy_advise, length);
  if (length == 0) return;
  w.u64(w.number("page_size_summary"));
  w.u64(w.number("target_page_size"));
}

void discard(Rewriter& w) {
  w.command(CommandType::postcopy_ram_discard, w.number("length"));
  w.u8(0);
  w.cstr(w.text("block"));
  w.u8(0);
}

void recv_bitmap_request(Rewriter& w) {
  const auto block = w.text("block");
  w.command(CommandType::recv_bitmap, 1 + block.size());
  w.cstr(block);
}

using Row = RewriteRow;
const std::array element_units{
    Row{"file-header", [](Rewriter& w) { w.u32(wire::file_magic), w.u32(w.number("version")); }},
    Row{"configuration", configuration},
    Row{"target-page-bits",
        [](Rewriter& w) { subsection(w, "configuration/target-page-bits"), w.u32(w.number("bits")); }},
    Row{"capabilities",
        [](Rewriter& w) { subsection(w, "configuration/capabilities"), w.u32(w.number("count")); }},
    Row{"capability", [](Rewriter& w) { w.cstr(w.text("name")); }},
    Row{"uuid", [](Rewriter& w) { subsection(w, "configuration/uuid"), w.uuid(); }},
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
    Row{"ping", [](Rewriter& w) { w.ping(w.number("value")); }},
    Row{"advise", advise},
    Row{"discard", discard},
    Row{"discard-range", [](Rewriter& w) { w.u64(w.number("start")), w.u64(w.number("length")); }},
    Row{"package", [](Rewriter& w) { w.command(CommandType::packaged, 4), w.u32(w.number("length")); }},
    Row{"recv-bitmap-request", recv_bitmap_request},
};

}  // namespace

RewriteRows element_rows() { return element_units; }

}  // namespace mig
