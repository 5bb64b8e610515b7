// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <memory>
#include <string>

#include "replay/analyses/registry.hpp"
#include "replay/commands/capture_input.hpp"
#include "replay/commands/command.hpp"

namespace mig::replay {

/// The subcommand of an analysis: its text for each migration, or one object a file, in which its name is the
/// key: {"file": ..., "migrations": [{"migration": 1, "machine": ..., NAME: {...}}]}.
class AnalysisCommand : public Command {
 public:
  AnalysisCommand(const AnalysisKind& kind, const char* help, const char* examples)
      : Command(kind.name, help, examples), kind_(kind) {}
  void declare(OptionTable& options) override { captures_.declare(options); }
  int run() override;

 protected:
  [[nodiscard]] virtual std::unique_ptr<MigrationAnalysis> make() const { return kind_.make(); }
  /// Throws what is wrong with the options for this capture.
  virtual void check(const std::string& /*path*/, const MigrationAnalysis&) const {}
  [[nodiscard]] const CaptureInput& captures() const noexcept { return captures_; }

 private:
  bool one(const std::string& path);
  void print(const std::string& path, const CaptureDecoder& reading, MigrationAnalysis& analysis) const;

  const AnalysisKind& kind_;
  CaptureInput captures_;
};

}  // namespace mig::replay
