// SPDX-License-Identifier: GPL-2.0-or-later
// One migration between real QEMUs with a tee on either side of migproxy:
// source -> tee "sent" -> migproxy -> tee "passed" -> destination.
#pragma once

#include <boost/json.hpp>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tee.hpp"
#include "validate/base/files.hpp"
#include "validate/guest/guest_image.hpp"
#include "validate/qemu/live_side.hpp"
#include "validate/qemu/qemu_process.hpp"
#include "validate/run/proxy_process.hpp"

namespace mig::test {

struct IdentityPlan {
  std::filesystem::path source;
  std::filesystem::path destination;
  std::filesystem::path migproxy;
  std::vector<std::string> faults;
  std::vector<std::string> capabilities;
  boost::json::object parameters;  ///< of both sides
  validate::GuestParameters guest;
};

class IdentityRun {
 public:
  /// Starts everything. Throws CouldNotRun, UserfaultfdRefused.
  explicit IdentityRun(const IdentityPlan& plan);

  void let_guest_work(validate::Seconds duration) {
    (void)pump(duration, [] { return false; });
  }
  void migrate();
  void start_postcopy();  ///< after a second of precopy
  void reset_link();      ///< on the source's side of migproxy
  void recover();         ///< migrate-recover at a new port, and migrate with resume
  /// Both have this status; false when it takes too long.
  [[nodiscard]] bool both(const std::string& status, validate::Seconds limit = 30);
  /// Every connection has ended on both tees.
  [[nodiscard]] bool all_closed();
  /// Ends migproxy and returns its exit code.
  int stop_proxy() { return proxy_->stop(); }

  [[nodiscard]] const Tee& sent() const { return *sent_; }
  [[nodiscard]] const Tee& passed() const { return *passed_; }
  [[nodiscard]] const validate::SideObservations& destination() const { return destination_.seen(); }

 private:
  [[nodiscard]] validate::QemuSetup setup(const IdentityPlan& plan, validate::Side side) const;
  [[nodiscard]] bool pump(validate::Seconds limit, const std::function<bool()>& until);

  validate::RunClock clock_;
  validate::TempDir folder_;
  validate::LiveSide source_;
  validate::LiveSide destination_;
  std::optional<Tee> passed_;
  std::optional<validate::ProxyProcess> proxy_;
  std::optional<Tee> sent_;
};

}  // namespace mig::test
