// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cassert>
#include <memory>
#include <span>
#include <vector>

#include "replay/analyses/migration_analysis.hpp"

namespace mig::replay {

/// What the registry knows of an analysis.
struct AnalysisKind {
  const char* name;  ///< of its subcommand; its key in JSON
  std::unique_ptr<MigrationAnalysis> (*make)();
  bool in_summary = false;         ///< the summary has rows or findings of it
  const char* help = nullptr;      ///< of its subcommand; nullptr: that has options, and a file in commands/
  const char* examples = nullptr;  ///< of its subcommand
};

template <class CaptureDecoder>
[[nodiscard]] std::unique_ptr<MigrationAnalysis> make_analysis() {
  return std::make_unique<CaptureDecoder>();
}

/// In the order in which --help and reports have them.
[[nodiscard]] std::span<const AnalysisKind* const> analysis_kinds() noexcept;

/// Analyses of one reading of a capture.
class Analyses {
 public:
  struct Entry {
    const AnalysisKind* kind;
    std::unique_ptr<MigrationAnalysis> analysis;
  };

  [[nodiscard]] static Analyses all() {
    return Analyses([](const AnalysisKind&) { return true; });
  }
  [[nodiscard]] static Analyses of_summary() {
    return Analyses([](const AnalysisKind& kind) { return kind.in_summary; });
  }

  [[nodiscard]] const std::vector<Entry>& entries() const noexcept { return entries_; }
  /// The one of this type, which is one of them.
  template <class T>
  [[nodiscard]] T& get() const {
    T* found = nullptr;
    for (const auto& entry : entries_) {
      if (auto* one = dynamic_cast<T*>(entry.analysis.get())) found = one;
    }
    assert(found != nullptr);
    return *found;
  }

 private:
  template <class Wanted>
  explicit Analyses(Wanted wanted) {
    for (const auto* kind : analysis_kinds()) {
      if (wanted(*kind)) entries_.push_back({kind, kind->make()});
    }
  }
  std::vector<Entry> entries_;
};

}  // namespace mig::replay
