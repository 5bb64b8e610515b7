// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/descriptor.hpp"
#include "replay/rescue/kept_package.hpp"
#include "replay/rescue/recovery_receiver.hpp"
#include "replay/rescue/rescued_stream.hpp"

namespace mig::replay {

/// No repetition will help.
struct NoRescue : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Waits for the source's recovery and receives the guest's memory. One thread, blocking.
class Rescuer {
 public:
  /// `address`: HOST:PORT, [V6]:PORT, :PORT (loopback) or unix:PATH. Throws std::exception that names it.
  explicit Rescuer(const std::string& address);
  Rescuer(const Rescuer&) = delete;
  Rescuer& operator=(const Rescuer&) = delete;
  ~Rescuer();

  /// As the source has to be given it: "tcp:127.0.0.1:4446".
  [[nodiscard]] std::string uri() const;

  /// One recovery. `open` makes the place for the stream when the source has accepted the recovery. SHUT 0 is
  /// sent to the source only when the stream is finished. False: the guest is safe, but the source did not
  /// end its connection in order afterwards. Throws std::runtime_error; the source is then in postcopy-paused
  /// again, and rescue() can be called again, unless it was NoRescue.
  [[nodiscard]] bool rescue(const KeptPackage& package,
                            const std::function<std::unique_ptr<RescuedStream>()>& open,
                            const std::function<void(const RecoveryReceiver&)>& progress);

 private:
  /// The connection on which the source speaks first; others, as a preempt channel, are kept open beside it.
  [[nodiscard]] Descriptor main_connection(std::vector<Descriptor>& silent, std::vector<std::byte>& first);

  [[nodiscard]] static bool end_in_order(int source);

  Descriptor listener_;
  std::string path_;  // of a unix socket
};

}  // namespace mig::replay
