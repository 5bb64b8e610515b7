// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "replay/input/compressed_file.hpp"

namespace mig::replay {

/// What a file says of a stream in it, besides the stream.
struct StreamOrigin {
  std::string kind = "stream file";  ///< "libvirt save image", "qcow2 snapshot"
  std::uint64_t begin = 0;           ///< offset of the stream in the file, as it is on the disk
  bool packed = false;               ///< compressed from there on
  /// Names as JSON keys, values as text: {"domain", "demo"}. In the order in which they are printed.
  std::vector<std::pair<std::string, std::string>> facts;
  std::vector<std::string> devices;  ///< "disk vda virtio"; names them, as they were configured
  [[nodiscard]] bool is_plain() const noexcept { return begin == 0 && !packed && facts.empty(); }
};

/// A migration stream in a file, from its first byte on.
struct StreamFile {
  CompressedFile file;
  StreamOrigin origin;
  std::shared_ptr<const std::string> outer_damage;  ///< of what the file is packed in; may be nullptr
};

/// Which stream of a file is wanted.
struct StreamChoice {
  std::optional<std::uint64_t> offset;  ///< where it begins
  std::string snapshot;                 ///< of a qcow2 image: name or id; empty: all of them
};

/// The migration streams in `file`: one in a stream file or a save image of libvirt, any number in a qcow2
/// image; none: it is something else, perhaps a capture, and still open. Throws std::runtime_error that names
/// the file (`path`) and the reason where it has none that can be read, or not the one that is wanted.
[[nodiscard]] std::vector<StreamFile> open_streams(CompressedFile& file, const std::string& path,
                                                   const StreamChoice& choice = {});

/// True for pcap and pcapng.
[[nodiscard]] bool is_capture(const std::string& first_bytes) noexcept;
/// True for a file that is a stream from its first byte on.
[[nodiscard]] bool is_stream(const std::string& first_bytes) noexcept;

}  // namespace mig::replay
