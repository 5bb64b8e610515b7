// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <memory>
#include <type_traits>
#include <vector>

#include "mig/history/migration.hpp"

namespace mig::replay {

/// One T for each migration that was asked for, in the order of the migrations; it is made of the migration
/// if it can be.
template <class T>
class PerMigration {
 public:
  /// Made when it is asked for the first time. References stay valid.
  T& operator[](const Migration& m) {
    const auto i = static_cast<std::size_t>(m.id());
    if (last_ != nullptr && last_index_ == i) return *last_;
    if (all_.size() <= i) all_.resize(i + 1);
    if (!all_[i]) {
      if constexpr (std::is_constructible_v<T, const Migration&>) {
        all_[i] = std::make_unique<T>(m);
      } else {
        all_[i] = std::make_unique<T>();
      }
    }
    last_index_ = i;
    return *(last_ = all_[i].get());
  }
  /// `use(T&)` for each that there is.
  template <class Use>
  void for_each(Use use) {
    for (auto& one : all_) {
      if (one) use(*one);
    }
  }
  /// Those that there are, as what T derives from.
  template <class Result = T>
  [[nodiscard]] std::vector<const Result*> list() const {
    std::vector<const Result*> out;
    for (const auto& one : all_) {
      if (one) out.push_back(one.get());
    }
    return out;
  }

 private:
  std::vector<std::unique_ptr<T>> all_;
  T* last_ = nullptr;  // events of one migration come in runs
  std::size_t last_index_ = 0;
};

}  // namespace mig::replay
