// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "replay/input/compressed_file.hpp"

namespace mig::replay {

/// An entry of the snapshot table.
struct Qcow2Snapshot {
  std::string id, name;
  std::uint64_t l1_table = 0;  ///< offset of its L1 table
  std::uint32_t l1_entries = 0;
  std::uint64_t state_size = 0;  ///< bytes of VM state; 0: it has none
  std::uint64_t disk_size = 0;   ///< of the virtual disk when it was taken; bytes
  std::uint32_t seconds = 0;     ///< when, since the Unix epoch
  std::uint64_t ran_ns = 0;      ///< how long the guest had run
};

/// Reads the VM states of snapshots in a qcow2 image, version 2 or 3. What is needed is read when it is
/// needed; tables of any size cost two clusters of memory. Every function throws std::runtime_error that says
/// why the image cannot be read. Source: QEMU docs/interop/qcow2.
class Qcow2Image {
 public:
  explicit Qcow2Image(Descriptor file);
  [[nodiscard]] const std::vector<Qcow2Snapshot>& snapshots() const noexcept { return snapshots_; }
  [[nodiscard]] std::uint64_t file_size() const noexcept { return file_size_; }
  /// Bytes of a snapshot's VM state from `offset` on, at most to the end of a cluster; 0: its end.
  [[nodiscard]] std::size_t read_state(const Qcow2Snapshot& snapshot, std::uint64_t offset,
                                       std::span<std::byte> out);

 private:
  /// Where a cluster's bytes are.
  struct Place {
    enum Kind : std::uint8_t { zeros, plain, compressed } kind = zeros;
    std::uint64_t offset = 0;  ///< in the file
    std::uint64_t size = 0;    ///< compressed: bytes that it has at most
  };

  void read_header();
  void read_snapshots(std::uint64_t table, std::uint32_t count);
  void read_exactly(std::uint64_t offset, std::span<std::byte> out, const char* what) const;
  [[nodiscard]] std::uint64_t number(std::uint64_t offset, std::size_t size, const char* what) const;
  [[nodiscard]] std::uint64_t state_begin(const Qcow2Snapshot& snapshot) const noexcept;
  [[nodiscard]] Place place_of(const Qcow2Snapshot& snapshot, std::uint64_t guest_offset) const;
  [[nodiscard]] std::uint64_t cluster_size() const noexcept { return 1ULL << cluster_bits_; }
  void unpack(const Place& place);

  Descriptor file_;
  std::uint64_t file_size_ = 0, virtual_size_ = 0;
  std::uint32_t version_ = 0, cluster_bits_ = 0, l2_entry_bits_ = 3;
  bool zstd_ = false;
  std::vector<Qcow2Snapshot> snapshots_;
  std::vector<std::byte> unpacked_;  // the compressed cluster that was read last
  std::uint64_t unpacked_from_ = 0;  // its place
};

}  // namespace mig::replay
