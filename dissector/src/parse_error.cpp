// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/parse_error.hpp"

#include <array>

namespace mig {
namespace {

struct Text {
  std::string_view name, sentence;
};

// In the order of ParseErrc.
constexpr std::array texts = {
    Text{"none", "no error"},
    Text{"not_migration", "the first bytes belong to no channel of a QEMU migration"},
    Text{"encrypted", "the connection is encrypted with TLS"},
    Text{"truncated", "the stream ended inside a unit"},
    Text{"lost_bytes", "bytes are missing where the framing needs them"},
    Text{"start_unseen",
         "the connection was joined in its middle, and its place in the stream is not found yet"},
    Text{"bad_file_version", "the file header names a version other than 3"},
    Text{"bad_configuration", "the configuration section has a machine name or subsection of unknown layout"},
    Text{"unknown_element", "this byte starts no element of the main channel"},
    Text{"unknown_section", "no START announced this section id"},
    Text{"bad_section_header", "the section header has an empty or unprintable name"},
    Text{"expected_footer", "a section footer is missing"},
    Text{"unknown_command", "the command number is unknown"},
    Text{"bad_command_length", "the command's length does not fit the command"},
    Text{"nested_package", "a package inside a package"},
    Text{"package_overrun", "a unit reaches beyond the end of its package"},
    Text{"bad_ram_flags", "the RAM record has no flag, or flags that exclude each other"},
    Text{"unknown_block", "the RAM block is not in the block list, or none was named yet"},
    Text{"page_outside_block", "the page lies beyond the end of its RAM block"},
    Text{"bad_block_list", "the lengths of the RAM blocks do not sum up to the announced total"},
    Text{"bad_record_length", "the record's length is impossible"},
    Text{"bad_record", "the record has an unknown tag or flag"},
    Text{"bad_discard", "the discard command has an impossible layout"},
    Text{"too_many_names", "more names than any machine has"},
    Text{"bad_vm_description", "the VM description is longer than 64 MiB"},
    Text{"bad_return_path_type", "no return path message has this type"},
    Text{"bad_return_path_length", "the return path message has a length that does not fit its type"},
    Text{"bad_bitmap_end", "the mark behind a received-bitmap is wrong"},
    Text{"bad_multifd_magic", "the multifd packet does not start with its magic"},
    Text{"bad_multifd_version", "the multifd packet names a version other than 1"},
    Text{"bad_multifd_packet", "the multifd packet has page counts or a payload size that cannot be"},
};
static_assert(texts.size() == static_cast<std::size_t>(ParseErrc::bad_multifd_packet) + 1);

const Text& text(ParseErrc code) noexcept {
  const auto i = static_cast<std::size_t>(code);
  return texts[i < texts.size() ? i : 0];
}

}  // namespace

std::string_view to_string(ParseErrc code) noexcept { return text(code).name; }
std::string_view explain(ParseErrc code) noexcept { return text(code).sentence; }

}  // namespace mig
