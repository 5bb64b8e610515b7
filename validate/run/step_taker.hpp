// SPDX-License-Identifier: GPL-2.0-or-later
// The hands of a run: takes a scenario's steps and keeps what each of them found.
#pragma once

#include <functional>
#include <string>

#include "validate/run/disk_lock.hpp"
#include "validate/run/watcher.hpp"
#include "validate/scenario/scenario.hpp"

namespace mig::validate {

class StepTaker {
 public:
  /// `proxy` is null where the two speak to each other; `listening` is where the destination waits, `address`
  /// where the source has to connect to.
  StepTaker(Watcher& eyes, Driver& driver, ProxyProcess* proxy, std::string listening, std::string address,
            std::filesystem::path disk);

  void take(const Step& step);

 private:
  struct Found {
    std::string answer = "done";
    std::string detail;
    bool as_asked = true;
  };

  Found act(const StartMigration&);
  Found act(const StartPostcopy& start);
  Found act(const StartRecovery&);
  Found act(const StartFreshDestination&);
  Found act(const WaitStatus& wait);
  Found act(const WaitRunState& wait);
  Found act(const WaitEvent& wait);
  Found act(const WaitTick& wait);
  Found act(const WaitRam& wait);
  Found act(const WaitProxy& wait);
  Found act(const Qmp& qmp);
  Found act(const Virsh& virsh);
  Found act(const Daemon& daemon);
  Found act(const Kill& kill);
  Found act(const SignalProxy& signal);
  Found act(const LockDisk& lock);
  Found act(const Sleep& sleep);
  Found act(const Check& check);
  [[nodiscard]] Found wait_for(Seconds limit, Side side, const std::function<bool()>& met);
  [[nodiscard]] static Found answered(const QmpReply& reply, Answer expected, const std::string& error);
  [[nodiscard]] static Found required(const QmpReply& reply);

  Watcher& eyes_;
  Driver& driver_;
  ProxyProcess* proxy_;
  std::string listening_;
  std::string address_;
  DiskLock disk_;
  std::size_t events_at_last_step_[2] = {0, 0};
};

}  // namespace mig::validate
