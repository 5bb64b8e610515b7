// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/input/streams/qcow2_image.hpp"

#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "mig/bytes.hpp"

namespace mig::replay {
namespace {

constexpr std::uint64_t offset_mask = 0x00fffffffffffe00;  // of an L1 or L2 entry
constexpr std::uint64_t compressed_flag = 1ULL << 62, zero_flag = 1;
constexpr std::uint32_t max_snapshots = 65536,
                        max_text = 1024;  // as QEMU has them, but for its 64 KiB of id and name
constexpr std::uint64_t sector = 512;
enum Incompatible : std::uint64_t { corrupt = 2, external_data = 4, compression_type = 8, extended_l2 = 16 };

[[noreturn]] void refuse(const std::string& why) { throw std::runtime_error("a qcow2 image, but " + why); }

void inflate_cluster(Bytes from, std::span<std::byte> to) {
  z_stream stream{};
  if (inflateInit2(&stream, -12) != Z_OK) refuse("zlib failed");
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(from.data()));
  stream.avail_in = static_cast<unsigned>(from.size());
  stream.next_out = reinterpret_cast<Bytef*>(to.data());
  stream.avail_out = static_cast<unsigned>(to.size());
  inflate(&stream, Z_FINISH);
  const bool whole = stream.avail_out == 0;
  inflateEnd(&stream);
  if (!whole) refuse("a compressed cluster is damaged");
}

/// What follows the frame in its last sector belongs to others.
void unpack_zstd(Bytes from, std::span<std::byte> to) {
  const std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> stream(ZSTD_createDStream(),
                                                                             ZSTD_freeDStream);
  ZSTD_inBuffer in{from.data(), from.size(), 0};
  ZSTD_outBuffer out{to.data(), to.size(), 0};
  while (out.pos < out.size) {
    const auto before = out.pos + in.pos;
    const auto result = ZSTD_decompressStream(stream.get(), &out, &in);
    if (ZSTD_isError(result) != 0 || out.pos + in.pos == before) refuse("a compressed cluster is damaged");
  }
}

}  // namespace

Qcow2Image::Qcow2Image(Descriptor file) : file_(std::move(file)) {
  struct stat about {};
  if (::fstat(file_.get(), &about) == 0) file_size_ = static_cast<std::uint64_t>(about.st_size);
  read_header();
}

void Qcow2Image::read_exactly(std::uint64_t offset, std::span<std::byte> out, const char* what) const {
  for (std::size_t done = 0; done < out.size();) {
    const auto n =
        ::pread(file_.get(), out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw std::runtime_error(std::strerror(errno));
    if (n == 0)
      refuse(std::string("it is truncated: ") + what + " at offset " + std::to_string(offset) +
             " is behind its end (" + std::to_string(file_size_) + " bytes)");
    done += static_cast<std::size_t>(n);
  }
}

std::uint64_t Qcow2Image::number(std::uint64_t offset, std::size_t size, const char* what) const {
  std::array<std::byte, 8> raw{};
  read_exactly(offset, std::span(raw).last(size), what);
  return load_be64(raw);
}

void Qcow2Image::read_header() {
  const auto field = [&](std::uint64_t at, std::size_t size) { return number(at, size, "its header"); };
  version_ = static_cast<std::uint32_t>(field(4, 4));
  if (version_ != 2 && version_ != 3) refuse("of version " + std::to_string(version_) + ", not 2 or 3");
  cluster_bits_ = static_cast<std::uint32_t>(field(20, 4));
  if (cluster_bits_ < 9 || cluster_bits_ > 21) refuse("its cluster size is damaged");
  virtual_size_ = field(24, 8);
  if (const auto method = field(32, 4); method != 0)
    refuse(std::string("it is encrypted (") +
           (method == 2   ? "LUKS"
            : method == 1 ? "AES"
                          : "unknown method") +
           "), and so are its VM states; qemu-img convert does not keep them");
  const auto features = version_ == 3 ? field(72, 8) : 0;
  if ((features & corrupt) != 0) refuse("it is marked as corrupt");
  if ((features & external_data) != 0) refuse("its data is in another file");
  if ((features & extended_l2) != 0) l2_entry_bits_ = 4;
  if ((features & ~0x1fULL) != 0) refuse("it has incompatible features that are not known");
  if ((features & compression_type) != 0) {
    const auto type = field(104, 1);
    if (type > 1) refuse("its compression is not known");
    zstd_ = type == 1;
  }
  read_snapshots(field(64, 8), static_cast<std::uint32_t>(field(60, 4)));
}

/// be64 L1 table, be32 its entries, be16 length of id, be16 of name, be32 seconds, be32 ns, be64 ns that the
/// guest ran, be32 size of the VM state, be32 length of what more there is: be64 size of the VM state, be64
/// size of the disk. Then id and name; padded to 8 bytes.
void Qcow2Image::read_snapshots(std::uint64_t at, std::uint32_t count) {
  if (count > max_snapshots) refuse("its number of snapshots is damaged");
  for (std::uint32_t i = 0; i < count; ++i) {
    std::array<std::byte, 40> raw{};
    read_exactly(at, raw, "its snapshot table");
    const Bytes head(raw);
    Qcow2Snapshot one;
    one.l1_table = load_be64(head, 0);
    one.l1_entries = load_be32(head, 8);
    one.seconds = load_be32(head, 16);
    one.ran_ns = load_be64(head, 24);
    one.state_size = load_be32(head, 32);
    const std::uint32_t more = load_be32(head, 36), id = load_be16(head, 12), name = load_be16(head, 14);
    if (more >= 8) one.state_size = number(at + 40, 8, "its snapshot table");
    one.disk_size = more >= 16 ? number(at + 48, 8, "its snapshot table") : virtual_size_;
    const auto text = [&](std::uint64_t offset, std::uint32_t size) {
      std::string out(std::min(size, max_text), '\0');
      read_exactly(offset, std::as_writable_bytes(std::span(out)), "its snapshot table");
      return out;
    };
    one.id = text(at + 40 + more, id);
    one.name = text(at + 40 + more + id, name);
    snapshots_.push_back(std::move(one));
    at = (at + 40 + more + id + name + 7) & ~7ULL;
  }
}

/// The VM state follows the disk, at the first offset that an L1 entry of its own maps.
std::uint64_t Qcow2Image::state_begin(const Qcow2Snapshot& snapshot) const noexcept {
  const auto bits = 2 * cluster_bits_ - l2_entry_bits_;  // of what one L1 entry maps
  return ((snapshot.disk_size >> bits) + ((snapshot.disk_size & ((1ULL << bits) - 1)) != 0 ? 1 : 0)) << bits;
}

Qcow2Image::Place Qcow2Image::place_of(const Qcow2Snapshot& snapshot, std::uint64_t guest) const {
  const auto l2_bits = cluster_bits_ - l2_entry_bits_;
  const auto in_l1 = guest >> (cluster_bits_ + l2_bits);
  if (in_l1 >= snapshot.l1_entries) return {};
  const auto l2 = number(snapshot.l1_table + in_l1 * 8, 8, "an L1 table") & offset_mask;
  if (l2 == 0) return {};
  const auto in_l2 = guest >> cluster_bits_ & ((1ULL << l2_bits) - 1);
  const auto at = l2 + (in_l2 << l2_entry_bits_);
  const auto entry = number(at, 8, "an L2 table");
  if ((entry & compressed_flag) != 0) {
    const auto offset_bits = 62 - (cluster_bits_ - 8);
    const auto offset = entry & ((1ULL << offset_bits) - 1);
    const auto sectors = ((entry & (compressed_flag - 1)) >> offset_bits) + 1;
    return {Place::compressed, offset, sectors * sector - offset % sector};
  }
  const auto offset = entry & offset_mask;
  // With extended entries the zero flag is in a bitmap of 32 subclusters, which a VM state does not use in
  // part.
  const bool zeros = l2_entry_bits_ == 4 ? number(at + 8, 4, "an L2 table") == 0xffffffff
                                         : version_ == 3 && (entry & zero_flag) != 0;
  if (offset == 0 || zeros) return {};
  return {Place::plain, offset, 0};
}

void Qcow2Image::unpack(const Place& place) {
  if (unpacked_from_ == place.offset && !unpacked_.empty()) return;
  const auto in_file = file_size_ - std::min(file_size_, place.offset);
  std::vector<std::byte> packed(static_cast<std::size_t>(std::min(place.size, in_file)));
  read_exactly(place.offset, packed, "a compressed cluster");
  unpacked_.assign(static_cast<std::size_t>(cluster_size()), std::byte{});
  unpacked_from_ = place.offset;
  zstd_ ? unpack_zstd(packed, unpacked_) : inflate_cluster(packed, unpacked_);
}

std::size_t Qcow2Image::read_state(const Qcow2Snapshot& snapshot, std::uint64_t offset,
                                   std::span<std::byte> out) {
  if (offset >= snapshot.state_size) return 0;
  const auto guest = state_begin(snapshot) + offset;
  const auto in_cluster = guest & (cluster_size() - 1);
  const auto size = static_cast<std::size_t>(std::min(
      {static_cast<std::uint64_t>(out.size()), cluster_size() - in_cluster, snapshot.state_size - offset}));
  out = out.first(size);
  const auto place = place_of(snapshot, guest);
  if (place.kind == Place::compressed) {
    unpack(place);
    std::copy_n(unpacked_.begin() + static_cast<std::ptrdiff_t>(in_cluster), size, out.begin());
  } else if (place.kind == Place::plain) {
    read_exactly(place.offset + in_cluster, out, "a cluster of the VM state");
  } else {
    std::fill(out.begin(), out.end(), std::byte{});
  }
  return size;
}

}  // namespace mig::replay
