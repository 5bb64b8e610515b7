// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "replay/rescue/kept_package.hpp"

namespace mig::replay {

/// Where the rebuilt precopy stream goes, piece by piece. Whatever fails throws std::runtime_error that names
/// the place and the reason; one that is destroyed before finish() has returned leaves nothing behind.
class RescuedStream {
 public:
  virtual ~RescuedStream() = default;
  virtual void write(Bytes bytes) = 0;
  /// Everything was written. When it returns the guest is safe: on disk, or loaded by another QEMU.
  virtual void finish() = 0;
  /// Printed for the operator at the end: what to do with it.
  [[nodiscard]] virtual std::string result() const = 0;
  /// Bytes that open the return path, where an answer is waited for.
  [[nodiscard]] virtual std::vector<std::byte> preamble() const { return {}; }

 protected:
  RescuedStream() = default;
  RescuedStream(const RescuedStream&) = default;
  RescuedStream& operator=(const RescuedStream&) = default;
};

/// A file, readable by its owner only; it appears under its name when it is complete and synced.
[[nodiscard]] std::unique_ptr<RescuedStream> stream_to_file(const std::string& path);
/// A QEMU that waits for a migration (-incoming). finish() waits for its SHUT 0.
[[nodiscard]] std::unique_ptr<RescuedStream> stream_to_qemu(const std::string& address);

/// The parts of the stream around the RAM sections of the recovery.
[[nodiscard]] std::vector<std::byte> head_of(const KeptPackage& package, const RescuedStream& to);
[[nodiscard]] std::vector<std::byte> tail_of(const KeptPackage& package);

}  // namespace mig::replay
