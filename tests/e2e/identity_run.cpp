// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity_run.hpp"

#include <iostream>
#include <set>
#include <utility>

#include "validate/base/errors.hpp"

namespace json = boost::json;
using namespace mig::validate;

namespace mig::test {
namespace {

constexpr Seconds boot_limit = 30;
constexpr Seconds close_limit = 10;

std::set<std::string> ports(const json::value& migration) {
  std::set<std::string> all;
  const auto* addresses = migration.as_object().if_contains("socket-address");
  if (addresses == nullptr) return all;
  for (const auto& address : addresses->as_array())
    all.insert(std::string(address.as_object().at("port").as_string()));
  return all;
}

}  // namespace

IdentityRun::IdentityRun(const IdentityPlan& plan)
    : source_(Side::source, std::make_unique<QemuProcess>(setup(plan, Side::source)), clock_),
      destination_(Side::destination, std::make_unique<QemuProcess>(setup(plan, Side::destination)), clock_) {
  for (auto* side : {&source_, &destination_}) {
    side->prepare(plan.capabilities);
    side->require("migrate-set-parameters", plan.parameters);
  }
  if (!pump(boot_limit, [this] { return !source_.seen().ticks.empty(); }))
    throw CouldNotRun("the source's guest does not tick");
  passed_.emplace(folder_.path(), "passed", destination_.listen(false));
  proxy_.emplace(ProxySetup{plan.migproxy, passed_->address(), plan.faults, folder_.path()});
  sent_.emplace(folder_.path(), "sent", proxy_->address());
}

QemuSetup IdentityRun::setup(const IdentityPlan& plan, Side side) const {
  const auto image = folder_.path() / "guest.img";
  write_guest_image(image, plan.guest);
  const bool incoming = side == Side::destination;
  return {incoming ? plan.destination : plan.source,
          to_string(side),
          image,
          folder_.path(),
          folder_.path(),
          incoming};
}

void IdentityRun::migrate() { source_.require("migrate", {{"uri", "tcp:" + sent_->address()}}); }

void IdentityRun::start_postcopy() {
  (void)pump(10, [this] { return source_.seen().status == "active"; });
  let_guest_work(1);
  source_.require("migrate-start-postcopy");
}

void IdentityRun::reset_link() { sent_->reset_links(); }

void IdentityRun::recover() {
  const auto before = ports(destination_.require("query-migrate"));
  destination_.require("migrate-recover", {{"uri", "tcp:127.0.0.1:0"}});
  std::set<std::string> now = ports(destination_.require("query-migrate"));
  for (const auto& port : before) now.erase(port);
  if (now.empty()) throw CouldNotRun("the destination does not say at which port it waits for the recovery");
  passed_->set_target("127.0.0.1:" + *now.begin());
  source_.require("migrate-set-parameters", {{"max-postcopy-bandwidth", 0}});
  source_.require("migrate", {{"uri", "tcp:" + sent_->address()}, {"resume", true}});
}

bool IdentityRun::both(const std::string& status, Seconds limit) {
  return pump(limit, [&] { return source_.seen().status == status && destination_.seen().status == status; });
}

bool IdentityRun::all_closed() {
  return pump(close_limit, [this] { return sent_->open() == 0 && passed_->open() == 0; });
}

bool IdentityRun::pump(Seconds limit, const std::function<bool()>& until) {
  for (const auto end = clock_.now() + limit;;) {
    for (auto* side : {&source_, &destination_}) {
      std::vector<StateChange> fresh;
      side->poll(fresh);
      for (const auto& change : fresh)
        std::cerr << change.at << " s " << (side == &source_ ? "source: " : "destination: ") << change.text
                  << '\n';
    }
    if (until()) return true;
    if (clock_.now() >= end) return false;
    sleep_for(0.01);
  }
}

}  // namespace mig::test
