// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/run/qmp_driver.hpp"

#include <fstream>
#include <utility>

#include "validate/base/errors.hpp"
#include "validate/guest/guest_image.hpp"
#include "validate/qemu/qemu_process.hpp"

namespace json = boost::json;
namespace fs = std::filesystem;

namespace mig::validate {
namespace {

// Bytes a second: precopy must not end by itself, and in postcopy the guest shall have to ask for pages.
constexpr std::uint64_t bandwidth = 8U << 20U;
constexpr std::uint64_t postcopy_bandwidth = 32U << 20U;
constexpr std::uintmax_t disk_size = 1U << 20U;

void write_files(const Scenario& scenario, const fs::path& folder) {
  write_guest_image(folder / "guest.img", scenario.guest);
  if (scenario.shared_disk) {
    std::ofstream(folder / "shared.img").flush();
    fs::resize_file(folder / "shared.img", disk_size);
  }
  if (!scenario.tls) return;
  fs::create_directories(folder / "tls");
  std::ofstream(folder / "tls" / "keys.psk")
      << "qemu:6d69677769726520746573742d6b6579206e6f2073656372657421212121\n";
}

std::string tls_object(Side side, const fs::path& folder) {
  return "tls-creds-psk,id=tls0,dir=" + (folder / "tls").string() +
         ",endpoint=" + (side == Side::source ? "client" : "server");
}

}  // namespace

QmpDriver::QmpDriver(const Scenario& scenario, const RunSetup& setup, const RunClock& clock)
    : scenario_(scenario), setup_(setup), clock_(clock) {
  write_files(scenario, setup.folder);
  destination_ = start(Side::destination, "destination");
  source_ = start(Side::source, "source");
  prepare(*source_, scenario.source);
  prepare(*destination_, scenario.destination);
}

std::unique_ptr<LiveSide> QmpDriver::start(Side side, const std::string& name) const {
  return side == Side::destination ? start(side, scenario_.destination, setup_.destination_qemu, name)
                                   : start(side, scenario_.source, setup_.source_qemu, name);
}

std::unique_ptr<LiveSide> QmpDriver::start(Side side, const SideNeeds& needs, const fs::path& program,
                                           const std::string& name) const {
  QemuSetup setup{program,
                  name,
                  setup_.folder / "guest.img",
                  setup_.folder,
                  sockets_.path(),
                  side == Side::destination,
                  needs.paused,
                  scenario_.shared_disk ? setup_.folder / "shared.img" : fs::path(),
                  needs.arguments};
  if (scenario_.tls)
    setup.more_arguments.insert(setup.more_arguments.end(), {"-object", tls_object(side, setup_.folder)});
  return std::make_unique<LiveSide>(side, std::make_unique<QemuProcess>(std::move(setup)), clock_);
}

void QmpDriver::prepare(LiveSide& live, const SideNeeds& needs) const {
  live.prepare(needs.capabilities);
  json::object parameters{{"max-bandwidth", bandwidth}, {"max-postcopy-bandwidth", postcopy_bandwidth}};
  if (scenario_.tls) parameters["tls-creds"] = "tls0";
  for (const auto& [name, value] : needs.parameters) parameters[name] = value;
  live.require("migrate-set-parameters", parameters);
}

LiveSide& QmpDriver::side(Side side) { return side == Side::source ? *source_ : *destination_; }

std::string QmpDriver::listen() { return destination_->listen(scenario_.exit_on_error); }

QmpReply QmpDriver::migrate(const std::string& address) {
  return source_->execute("migrate", {{"uri", "tcp:" + address}});
}

QmpReply QmpDriver::start_postcopy() { return source_->execute("migrate-start-postcopy"); }

QmpReply QmpDriver::recover(const std::string& listening, const std::string& address) {
  auto waits = destination_->execute("migrate-recover", {{"uri", "tcp:" + listening}});
  if (!waits.ok) return waits;
  return source_->execute("migrate", {{"uri", "tcp:" + address}, {"resume", true}});
}

void QmpDriver::fresh_destination(const std::string& listening) {
  destination_->kill();
  destination_ = start(Side::destination, "destination-" + std::to_string(++destinations_));
  prepare(*destination_, scenario_.destination);
  (void)destination_->listen(scenario_.exit_on_error, listening);
}

std::unique_ptr<LiveSide> QmpDriver::third(const std::string& name) {
  auto live = start(Side::destination, scenario_.source, setup_.source_qemu, name);
  live->prepare({});
  return live;
}

// Only a QEMU that waits for a migration looks whether it may use userfaultfd.
void check_capabilities(const fs::path& qemu, const SideNeeds& needs) {
  const RunClock clock;
  const TempDir folder;
  write_guest_image(folder.path() / "guest.img", {});
  QemuSetup setup{qemu, "check", folder.path() / "guest.img", folder.path(), folder.path(), true};
  LiveSide live(Side::destination, std::make_unique<QemuProcess>(std::move(setup)), clock);
  live.prepare(needs.capabilities);
}

}  // namespace mig::validate
