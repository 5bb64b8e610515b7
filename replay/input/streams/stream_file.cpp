// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/input/streams/stream_file.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>

#include "mig/bytes.hpp"
#include "mig/wire.hpp"
#include "replay/input/pcapng_source.hpp"
#include "replay/input/streams/embedded_stream.hpp"
#include "replay/input/streams/libvirt_image.hpp"
#include "replay/input/streams/qcow2.hpp"

namespace mig::replay {
namespace {

StreamFile stream_at(Descriptor whole, std::uint64_t offset, const CompressedFile& outer,
                     const std::string& path) {
  StreamFile out;
  out.origin.begin = offset;
  out.outer_damage = outer.damage;
  out.file = unpack_from(std::move(whole), offset, path);
  out.origin.packed = out.file.packed;
  if (!is_stream(out.file.first))
    throw std::runtime_error(path + ": no migration stream begins at offset " + std::to_string(offset));
  return out;
}

/// Where in another file the one stream is; nullopt: nowhere.
std::optional<std::uint64_t> embedded_at(int fd, const std::string& path) {
  const auto found = find_streams(fd);
  if (found.empty()) return std::nullopt;
  if (found.size() == 1) return found.front();
  std::string list;
  for (const auto offset : found) list += (list.empty() ? "" : ", ") + std::to_string(offset);
  throw std::runtime_error(
      path + ": migration streams may begin at several offsets; choose one with --offset: " + list +
      (found.size() == max_found ? " ..." : ""));
}

std::vector<StreamFile> one(StreamFile stream) {
  std::vector<StreamFile> out;
  out.push_back(std::move(stream));
  return out;
}

}  // namespace

bool is_capture(const std::string& first) noexcept {
  constexpr std::array pcap = {0xa1b2c3d4U, 0xd4c3b2a1U, 0xa1b23c4dU, 0x4d3cb2a1U, 0xa1b2cd34U, 0x34cdb2a1U};
  if (first.size() < 4 || is_pcapng(first)) return first.size() >= 4;
  return std::find(pcap.begin(), pcap.end(), load_be32(as_bytes(first))) != pcap.end();
}

bool is_stream(const std::string& first) noexcept {
  return first.size() >= 4 && load_be32(as_bytes(first)) == wire::file_magic;
}

std::vector<StreamFile> open_streams(CompressedFile& file, const std::string& path,
                                     const StreamChoice& choice) {
  if (choice.offset && *choice.offset != 0)
    return one(stream_at(random_access(file, path), *choice.offset, file, path));
  if (is_qcow2(file.first)) return open_qcow2(file, path, choice.snapshot);
  if (!choice.snapshot.empty()) throw std::runtime_error(path + ": --snapshot needs a qcow2 image");
  if (is_libvirt_image(file.first)) return one(open_libvirt_image(std::move(file), path));
  if (is_stream(file.first)) return one({std::move(file), {}, nullptr});
  const bool has_own_words = file.first.size() < 4 || file.first.starts_with('{');
  if (has_own_words || is_capture(file.first)) return {};
  auto whole = random_access(file, path);
  const auto begin = embedded_at(whole.get(), path);
  if (begin) return one(stream_at(std::move(whole), *begin, file, path));
  throw std::runtime_error(
      path +
      ": not a capture: unknown file format (captures, migration streams, save images of libvirt and qcow2 "
      "images are read; plain or packed by gzip, zstd, xz, bzip2 or lzop)");
}

}  // namespace mig::replay
