// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <deque>

#include "mig/migration.hpp"

namespace mig::replay {

/// One T for each migration that was asked for, in the order of the migrations.
template <class T>
class PerMigration {
 public:
  /// Made when it is asked for the first time. References stay valid.
  T& operator[](const Migration& m) {
    const auto i = static_cast<std::size_t>(m.id());
    while (all_.size() <= i) all_.emplace_back();
    return all_[i];
  }
  [[nodiscard]] const std::deque<T>& all() const noexcept { return all_; }
  [[nodiscard]] std::deque<T>& all() noexcept { return all_; }

 private:
  std::deque<T> all_;
};

}  // namespace mig::replay
