// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <deque>

#include "mig/migration.hpp"

namespace mig::replay {

/// One T for each migration that was asked for, in the order of the migrations. Not to be copied.
template <class T>
class PerMigration {
 public:
  PerMigration() = default;
  PerMigration(const PerMigration&) = delete;
  PerMigration& operator=(const PerMigration&) = delete;
  /// Made when it is asked for the first time. References stay valid.
  T& operator[](const Migration& m) {
    const auto i = static_cast<std::size_t>(m.id());
    if (last_ != nullptr && last_index_ == i) return *last_;
    while (all_.size() <= i) all_.emplace_back();
    last_index_ = i;
    return *(last_ = &all_[i]);
  }
  [[nodiscard]] const std::deque<T>& all() const noexcept { return all_; }
  [[nodiscard]] std::deque<T>& all() noexcept { return all_; }

 private:
  std::deque<T> all_;
  T* last_ = nullptr;  // events of one migration come in runs
  std::size_t last_index_ = 0;
};

}  // namespace mig::replay
