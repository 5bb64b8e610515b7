// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <boost/json.hpp>
#include <string>

#include "common/descriptor.hpp"

namespace mig::proxy {

/// A QMP socket of one of the two QEMUs, blocking. A QEMU serves one client at a time on each.
class Qmp {
 public:
  /// Throws std::runtime_error that names the socket, if nobody answers there within five seconds.
  explicit Qmp(std::string path);

  /// What the command returns. Throws std::runtime_error with QEMU's words.
  boost::json::value execute(std::string_view command);

 private:
  [[nodiscard]] boost::json::object next();
  [[noreturn]] void fail(const std::string& why) const;

  std::string path_;
  Descriptor socket_;
  std::string received_;
};

}  // namespace mig::proxy
