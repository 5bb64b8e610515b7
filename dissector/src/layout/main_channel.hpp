// SPDX-License-Identifier: GPL-2.0-or-later
// Source: migration/savevm.c qemu_savevm_state_header(), save_section_header(), qemu_savevm_command_send()
// and the senders above it.
#pragma once
#include "layout/io.hpp"
#include "mig/wire.hpp"

namespace mig {

template <>
struct Layout<FileHeader> {
  static constexpr std::string_view name = "file-header";
  static constexpr Role role = Role::header;
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    io.constant32(wire::file_magic);
    io.be32("version", b.version);
  }
};

template <>
struct Layout<Configuration> {
  static constexpr std::string_view name = "configuration";
  static constexpr Role role = Role::header;
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    io.constant8(wire::vm_configuration);
    io.text32("machine", b.machine);
  }
};

/// A subsection of the configuration: u8 0x05, cstr name, be32 version.
struct Subsection {
  static constexpr Role role = Role::nested;
  template <class Io>
  static constexpr void head(Io& io, std::string_view idstr) {
    io.constant8(wire::vm_subsection);
    io.constant_text(idstr);
    io.ignored(4);  // version
  }
};
template <>
struct Layout<TargetPageBits> : Subsection {
  static constexpr std::string_view name = "target-page-bits";
  static constexpr std::string_view idstr = "configuration/target-page-bits";
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    head(io, idstr);
    io.be32("bits", b.bits);
  }
};
template <>
struct Layout<Capabilities> : Subsection {
  static constexpr std::string_view name = "capabilities";
  static constexpr std::string_view idstr = "configuration/capabilities";
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    head(io, idstr);
    io.be32("count", b.count);
  }
};
template <>
struct Layout<MachineUuid> : Subsection {
  static constexpr std::string_view name = "uuid";
  static constexpr std::string_view idstr = "configuration/uuid";
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    head(io, idstr);
    io.bytes("uuid", b.uuid);
  }
};
template <>
struct Layout<Capability> {
  static constexpr std::string_view name = "capability";
  static constexpr Role role = Role::part;
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    io.cstr("name", b.name);
  }
};

template <>
struct Layout<SectionHeader> {
  static constexpr std::string_view name = "section";
  static constexpr Role role = Role::header;
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    io.choice("type", b.type, to_string(b.type));
    io.be32("section_id", b.section);
    if (b.type == SectionType::part || b.type == SectionType::end) {
      io.derived_name("idstr", b.idstr);
      io.flag("assumed", b.assumed);
      return;
    }
    io.cstr("idstr", b.idstr);
    io.be32("instance_id", b.instance_id);
    io.be32("version_id", b.version_id);
    io.flag("in_package", b.in_package);
  }
};
template <>
struct Layout<SectionFooter> {
  static constexpr std::string_view name = "footer";
  static constexpr Role role = Role::header;
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    io.constant8(wire::vm_section_footer);
    io.be32("section_id", b.section);
    if (b.section != b.expected) io.derived("expected", b.expected);
  }
};
template <>
struct Layout<EndOfStream> {
  static constexpr std::string_view name = "eof";
  static constexpr Role role = Role::header;
  template <class Io>
  static constexpr void walk(Io& io, auto&) {
    io.constant8(wire::vm_eof);
  }
};
template <>
struct Layout<VmDescription> {
  static constexpr std::string_view name = "vm-description";
  static constexpr Role role = Role::header;
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    io.constant8(wire::vm_description);
    io.be32("length", b.length);
  }
};

// ---- commands

/// In the order of CommandType.
inline constexpr std::array<std::string_view, 12> command_names{"invalid",
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
static_assert(command_names.size() == static_cast<std::size_t>(CommandType::switchover_start) + 1);

constexpr std::string_view command_name(CommandType type) noexcept {
  const auto i = static_cast<std::size_t>(type);
  return i < command_names.size() ? command_names[i] : "?";
}

template <>
struct Layout<Command> {
  static constexpr std::string_view name = "command";
  static constexpr std::string_view name_of(const Command& b) { return command_name(b.type); }
  static constexpr Role role = Role::header;
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    io.command(b.type, [] {});
    io.flag("in_package", b.in_package);
  }
};
template <>
struct Layout<Ping> {
  static constexpr std::string_view name = command_name(CommandType::ping);
  static constexpr Role role = Role::header;
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    io.command(CommandType::ping, [&] { io.be32("value", b.value, hex); });
    io.flag("in_package", b.in_package);
  }
};
template <>
struct Layout<PostcopyAdvise> {
  static constexpr std::string_view name = command_name(CommandType::postcopy_advise);
  static constexpr Role role = Role::header;
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    io.command(CommandType::postcopy_advise, [&] {
      if (b.length == 0) return;
      io.be64("page_size_summary", b.page_size_summary, hex);
      io.be64("target_page_size", b.target_page_size, hex);
    });
  }
};
template <>
struct Layout<RamDiscard> {
  static constexpr std::string_view name = command_name(CommandType::postcopy_ram_discard);
  static constexpr Role role = Role::header;
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    const auto inner = [&] {
      io.constant8(0);  // version
      io.cstr("block", b.block);
      io.constant8(0);
    };
    io.command(CommandType::postcopy_ram_discard, inner, {16ULL * b.ranges, true});
    io.derived("ranges", b.ranges);
  }
};
template <>
struct Layout<DiscardRange> {
  static constexpr std::string_view name = "discard-range";
  static constexpr Role role = Role::part;
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    io.be64("start", b.start, hex);
    io.be64("length", b.length, hex);
  }
};
template <>
struct Layout<PackageBegin> {
  static constexpr std::string_view name = command_name(CommandType::packaged);
  static constexpr Role role = Role::header;
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    io.command(CommandType::packaged, [&] { io.be32("length", b.length); }, {0, false, false});
  }
};
template <>
struct Layout<PackageEnd> {
  static constexpr std::string_view name = "package-end";
  static constexpr Role role = Role::aside;
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    io.derived("length", b.length);
  }
};
template <>
struct Layout<RecvBitmapRequest> {
  static constexpr std::string_view name = command_name(CommandType::recv_bitmap);
  static constexpr Role role = Role::header;
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    io.command(CommandType::recv_bitmap, [&] { io.cstr("block", b.block); });
  }
};

}  // namespace mig
