// SPDX-License-Identifier: GPL-2.0-or-later
// Two QEMUs started by us and driven over QMP.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "validate/base/files.hpp"
#include "validate/run/driver.hpp"
#include "validate/run/run_setup.hpp"
#include "validate/scenario/scenario.hpp"

namespace mig::validate {

class QmpDriver : public Driver {
 public:
  /// Starts both. All references outlive this. Throws CouldNotRun, UserfaultfdRefused.
  QmpDriver(const Scenario& scenario, const RunSetup& setup, const RunClock& clock);

  [[nodiscard]] LiveSide& side(Side side) override;
  [[nodiscard]] std::string listen() override;
  QmpReply migrate(const std::string& address) override;
  QmpReply start_postcopy() override;
  QmpReply recover(const std::string& listening, const std::string& address) override;
  void fresh_destination(const std::string& listening) override;
  [[nodiscard]] std::unique_ptr<LiveSide> third(const std::string& name) override;

 private:
  [[nodiscard]] std::unique_ptr<LiveSide> start(Side side, const std::string& name) const;
  [[nodiscard]] std::unique_ptr<LiveSide> start(Side side, const SideNeeds& needs,
                                                const std::filesystem::path& program,
                                                const std::string& name) const;
  void prepare(LiveSide& live, const SideNeeds& needs) const;

  const Scenario& scenario_;
  const RunSetup& setup_;
  const RunClock& clock_;
  TempDir sockets_;
  int destinations_ = 1;
  std::unique_ptr<LiveSide> destination_;
  std::unique_ptr<LiveSide> source_;
};

/// Starts this QEMU as a destination and sets its capabilities. Throws UserfaultfdRefused, CouldNotRun.
void check_capabilities(const std::filesystem::path& qemu, const SideNeeds& needs);

}  // namespace mig::validate
