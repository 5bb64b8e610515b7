// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <string_view>

namespace mig {

/// Why a direction of a connection could not be read further. One enumerator per distinct cause.
enum class ParseErrc : std::uint8_t {
  none,
  not_migration,       ///< the first bytes belong to no channel of a QEMU migration
  encrypted,           ///< TLS: bytes pass, nothing can be read
  truncated,           ///< the stream ended inside a unit
  lost_bytes,          ///< bytes are missing where the framing needs them
  start_unseen,        ///< the connection was joined in its middle
  bad_file_version,    ///< the file header's version is not 3
  bad_configuration,   ///< machine name too long, or a subsection of unknown layout
  unknown_element,     ///< a byte that starts no element of the main channel
  unknown_section,     ///< PART or END of a section id that no START announced
  bad_section_header,  ///< empty or unprintable idstr
  expected_footer,     ///< this stream has footers, and here is none
  unknown_command,
  bad_command_length,
  nested_package,      ///< a PACKAGED inside a package
  package_overrun,     ///< a unit inside the package is longer than the package
  bad_ram_flags,       ///< no or contradictory RAM_SAVE_FLAGs
  unknown_block,       ///< a RAM block that the block list does not have, or CONTINUE before any name
  page_outside_block,  ///< page offset beyond the block's used length
  bad_block_list,      ///< lengths of the RAM block list do not sum up to its total
  bad_record_length,   ///< a length inside a RAM, bitmap, block, vfio ... record that cannot be
  bad_record,          ///< a record of an iterative section with an unknown tag or flag
  bad_discard,         ///< POSTCOPY_RAM_DISCARD of impossible layout
  too_many_names,      ///< more sections, blocks or names than any machine has
  bad_vm_description,  ///< its length is beyond all reason
  bad_return_path_type,
  bad_return_path_length,
  bad_bitmap_end,  ///< the mark behind a received-bitmap is wrong
  bad_multifd_magic,
  bad_multifd_version,
  bad_multifd_packet,  ///< page counts or payload size that cannot be
};

struct ParseError {
  ParseErrc code = ParseErrc::none;
  std::uint64_t offset = 0;  ///< bytes from the start of this direction of the connection
  friend bool operator==(const ParseError&, const ParseError&) = default;
};

/// Short name, as written in logs: "unknown_element".
[[nodiscard]] std::string_view to_string(ParseErrc code) noexcept;
/// One sentence for people, without the offset.
[[nodiscard]] std::string_view explain(ParseErrc code) noexcept;

}  // namespace mig
