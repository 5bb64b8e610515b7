// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/libvirt/libvirt_driver.hpp"

#include <algorithm>
#include <fstream>
#include <utility>

#include "validate/base/errors.hpp"
#include "validate/guest/guest_image.hpp"
#include "validate/libvirt/domain_xml.hpp"
#include "validate/libvirt/free_port.hpp"
#include "validate/libvirt/host_files.hpp"
#include "validate/libvirt/migrate_options.hpp"
#include "validate/libvirt/pki.hpp"

namespace fs = std::filesystem;

namespace mig::validate::libvirt {
namespace {

constexpr Seconds create_limit = 60;  // a daemon asks a QEMU that it does not know for hours of capabilities
constexpr Seconds destination_limit = 60;  // the same on the other side
constexpr Seconds command_limit = 5;
constexpr Seconds end_limit = 2;  // for virsh to come back once both sides have come to rest
constexpr const char* destination_address = "127.0.0.2";
constexpr const char* proxy_listens_at = "127.0.0.1";

std::string port_of(const std::string& address) { return address.substr(address.rfind(':')); }

QmpReply as_reply(const VirshReply& reply) {
  return {reply.ok(), {}, reply.ok() ? std::string() : reply.text};
}

// The destination's QEMU says so when it is there already, and ends; 7.2 keeps the reason to itself.
void look_for_userfaultfd(const VirshReply& reply) {
  const auto says = [&](const char* words) { return reply.text.find(words) != std::string::npos; };
  if (!says("Userfaultfd not available") && !says("Postcopy is not supported")) return;
  throw UserfaultfdRefused(reply.text + userfault_remedy);
}

const char* sign(MonitorLine::Kind kind) {
  switch (kind) {
    case MonitorLine::Kind::command: return "-> ";
    case MonitorLine::Kind::event:
    case MonitorLine::Kind::reply: return "<- ";
    case MonitorLine::Kind::refusal: return "<- refused: ";
    case MonitorLine::Kind::warning: return "";
  }
  return "";
}

}  // namespace

LibvirtDriver::Part::Part(Side side, const LibvirtDriver& driver, const Install& install)
    : host(install, {to_string(side), driver.setup_.folder, driver.sockets_.path(),
                     side == Side::source ? driver.setup_.source_qemu : driver.setup_.destination_qemu}),
      log(host.log()) {}

LibvirtDriver::LibvirtDriver(const Scenario& scenario, const RunSetup& setup, const Install& install,
                             const RunClock& clock)
    : scenario_(scenario),
      setup_(setup),
      clock_(clock),
      virsh_(install, setup.folder),
      destination_(Side::destination, *this, install),
      source_(Side::source, *this, install) {
  for (auto* each : {&destination_, &source_}) each->host.wait_until_up();
  expect_qemu(Side::destination);
  create_domain();
}

void LibvirtDriver::expect_qemu(Side side) {
  auto& each = part(side);
  auto qemu =
      std::make_unique<HostedQemu>(each.host, setup_.folder / (std::string(to_string(side)) + ".qmp.ndjson"));
  each.qemu = qemu.get();
  each.live = std::make_unique<LiveSide>(side, std::move(qemu), clock_);
}

void LibvirtDriver::create_domain() {
  write_guest_image(setup_.folder / disk_name, scenario_.guest);
  if (scenario_.tls) make_certificates(setup_.folder / pki_folder);
  const auto file = setup_.folder / "domain.xml";
  std::ofstream(file) << domain_xml;
  const auto created = virsh_.run(source_.host, {"create", file.string()}, create_limit);
  if (!created.ok()) throw CouldNotRun("libvirt does not start the guest: " + created.text);
  expect_qemu(Side::source);
  if (!source_.qemu->find())
    throw CouldNotRun("the source's QEMU has no monitor of ours, see " + source_.host.log().string());
  source_.live->connect();
}

std::string LibvirtDriver::listen() {
  const auto port = std::to_string(free_port({destination_address, proxy_listens_at}));
  return listening_ = std::string(destination_address) + ":" + port;
}

std::string LibvirtDriver::proxy_address(const std::string& listening) const {
  return proxy_listens_at + port_of(listening);
}

QmpReply LibvirtDriver::migrate(const std::string& address) { return start_migrate(address, {}); }

QmpReply LibvirtDriver::recover(const std::string& /*listening*/, const std::string& address) {
  return start_migrate(address, {"--postcopy-resume"});
}

QmpReply LibvirtDriver::start_migrate(const std::string& address, const std::vector<std::string>& more) {
  std::vector<std::string> arguments{"migrate", "--migrateuri", "tcp://" + address, "--listen-address",
                                     destination_address};
  const auto options = migrate_options(scenario_);
  arguments.insert(arguments.end(), options.begin(), options.end());
  arguments.insert(arguments.end(), more.begin(), more.end());
  const bool peer_to_peer = std::find(arguments.begin(), arguments.end(), "--p2p") != arguments.end();
  arguments.insert(arguments.end(),
                   {domain_name, peer_to_peer ? destination_.host.uri_inside() : destination_.host.uri()});
  migrating_.emplace(virsh_.start(source_.host, arguments, "virsh-migrate"));
  end_told_ = false;
  return wait_for_destination();
}

// libvirt starts the destination's QEMU; the sooner we see it the more of its events we get.
QmpReply LibvirtDriver::wait_for_destination() {
  for (const RunClock waiting; !destination_.qemu->find(); sleep_for(0.002)) {
    if (migrating_->running() && waiting.now() < destination_limit) continue;
    const auto reply = migrating_->reply();
    look_for_userfaultfd(reply);
    return as_reply(reply);
  }
  if (!destination_.live->connected()) destination_.live->connect();
  return {true, {}, {}};
}

QmpReply LibvirtDriver::start_postcopy() { return virsh(Side::source, {"migrate-postcopy", domain_name}); }

// A fresh one comes with the next migration.
void LibvirtDriver::fresh_destination(const std::string& /*listening*/) {
  (void)virsh(Side::destination, {"destroy", domain_name});
  expect_qemu(Side::destination);
}

QmpReply LibvirtDriver::resume(Side side) { return virsh(side, {"resume", domain_name}); }

QmpReply LibvirtDriver::virsh(Side side, const std::vector<std::string>& arguments) {
  return as_reply(virsh_.run(part(side).host, arguments, command_limit));
}

void LibvirtDriver::daemon(Side side, DaemonOrder order) { part(side).host.order(order); }

std::vector<Note> LibvirtDriver::new_notes() {
  std::vector<Note> notes;
  for (const auto each : both_sides) read_notes(each, notes);
  if (migrating_ && !end_told_ && !migrating_->running()) {
    end_told_ = true;
    const auto reply = migrating_->reply();
    look_for_userfaultfd(reply);
    notes.push_back({clock_.now(), "virsh", "migrate ended, " + reply.ending()});
  }
  return notes;
}

void LibvirtDriver::read_notes(Side which, std::vector<Note>& notes) {
  auto& each = part(which);
  for (auto& line : each.log.read_new()) {
    if (line.kind != MonitorLine::Kind::reply)
      notes.push_back({clock_.from_wall(line.since_epoch),
                       which == Side::source ? "libvirt, src" : "libvirt, dst", sign(line.kind) + line.text});
    each.lines.push_back(std::move(line));
  }
}

// The guest's fate in libvirt's words. Asked once, at the end: what a migration statistic says is not asked
// at all.
void LibvirtDriver::finish(Observations& seen) {
  LibvirtSeen libvirt;
  libvirt.version = virsh_.version();
  if (migrating_) {
    const auto reply = migrating_->wait(end_limit);
    libvirt.virsh = reply.ending();
    libvirt.virsh_says = reply.exit_code == 1 ? reply.text : "";
  }
  libvirt.source_domain = virsh_.domain_state(source_.host);
  libvirt.destination_domain = virsh_.domain_state(destination_.host);
  for (auto& note : new_notes()) seen.notes.push_back(std::move(note));
  libvirt.cont = to_string(fate_of_cont(destination_.lines));
  seen.libvirt = std::move(libvirt);
}

}  // namespace mig::validate::libvirt
