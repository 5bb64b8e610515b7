// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/input/streams/embedded_stream.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "mig/bytes.hpp"
#include "mig/wire.hpp"

namespace mig::replay {
namespace {

constexpr std::size_t header_size = 8, window = 1U << 20;
constexpr std::size_t judged = header_size + 6 + 255;  // with the longest name of a first element

bool is_name(Bytes bytes, std::size_t at, std::size_t size) {
  return size != 0 && size <= 255 && at + size <= bytes.size() &&
         all_printable(as_text(bytes.subspan(at, size)));
}

/// What follows the magic is the version, and the machine's name in the configuration or that of a section.
bool begins_stream(Bytes bytes) {
  if (bytes.size() < judged || load_be32(bytes, 4) != wire::file_version) return false;
  switch (load_u8(bytes, header_size)) {
    case wire::vm_configuration: return is_name(bytes, header_size + 5, load_be32(bytes, header_size + 1));
    case wire::vm_section_start:
    case wire::vm_section_full:
      return load_be32(bytes, header_size + 1) <= wire::max_section_id &&
             is_name(bytes, header_size + 6, load_u8(bytes, header_size + 5));
    default: return false;
  }
}

std::size_t read_at(int fd, std::uint64_t offset, std::span<std::byte> out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const auto n = ::pread(fd, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

}  // namespace

std::vector<std::uint64_t> find_streams(int fd) {
  std::vector<std::uint64_t> out;
  std::vector<std::byte> buffer(window + judged);
  for (std::uint64_t base = 0; out.size() < max_found; base += window) {
    const auto size = read_at(fd, base, buffer);
    const auto text = as_text(Bytes(buffer).first(size));
    for (std::size_t at = 0; (at = text.find("QEVM", at)) < window && out.size() < max_found; ++at) {
      if (begins_stream(Bytes(buffer).subspan(at, std::min(judged, size - at)))) out.push_back(base + at);
    }
    if (size < buffer.size()) break;
  }
  return out;
}

}  // namespace mig::replay
