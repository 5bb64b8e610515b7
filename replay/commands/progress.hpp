// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>

#include "replay/commands/status_line.hpp"
#include "replay/input/compressed_file.hpp"

namespace mig::replay {

/// A status line that says how far a file was read.
class Progress {
 public:
  Progress(std::string name, const ReadPosition& position) : name_(std::move(name)), position_(position) {}
  void tick() {
    line_.update([this] { return text(); });
  }

 private:
  [[nodiscard]] std::string text() const;

  std::string name_;
  const ReadPosition& position_;
  StatusLine line_;
};

}  // namespace mig::replay
