// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/expect/compare.hpp"

#include <doctest/doctest.h>

using namespace mig::validate;

namespace {

struct Case {
  Expectation expected;
  Observations seen;
  Judgement judgement;

  Case() {
    expected.verdicts = {Verdict::recovered};
    judgement.verdict = Verdict::recovered;
    seen.source.status = "failed";
    seen.source.run_state = "running";
    seen.destination.process_end = "exit code 1";
  }
  [[nodiscard]] std::vector<std::string> found() const { return differences(expected, seen, judgement); }
};

}  // namespace

TEST_CASE("what is as expected has no differences") {
  Case one;
  one.expected.source_ends = {"failed / *"};
  one.expected.destination_ends = {"failed / inmigrate", "gone: exit code *"};
  CHECK(one.found().empty());
}

TEST_CASE("each difference is a sentence") {
  Case one;
  one.judgement.verdict = Verdict::lost;
  one.expected.source_ends = {"completed / *"};
  one.expected.source_statuses = {"active", "postcopy-device"};
  one.seen.source.changes = {{1, StateChange::Kind::status, "active"}};
  one.seen.steps = {{1, "", "wait", Answer::timed_out, "", false}};
  one.judgement.broken = {{"crash", "it crashed"}, {"memory", "damaged"}};
  one.expected.may_break = {"memory"};
  one.expected.breaks = {"ticks"};
  CHECK(one.found() ==
        std::vector<std::string>{"the verdict was expected to be RECOVERED, and is LOST",
                                 "the source was expected to end completed / *, and ended failed / running",
                                 "the source was expected to go through postcopy-device, and did not",
                                 "wait: timed out", "it crashed",
                                 "the invariant \"ticks\" was expected to break, and held"});
}

TEST_CASE("an expectation may change what a named step has to answer") {
  Case one;
  one.seen.steps = {{1, "early", "cont", Answer::refused, "no", false}};
  CHECK(one.found().size() == 1);
  one.expected.answers["early"] = Answer::refused;
  CHECK(one.found().empty());
  one.seen.steps = {{1, "early", "cont", Answer::accepted, "", true}};
  CHECK(one.found() == std::vector<std::string>{"cont: accepted; expected: refused"});
}

TEST_CASE("what libvirt made of it is compared word by word") {
  Case one;
  one.expected.libvirt.emplace();
  auto& wanted = *one.expected.libvirt;
  wanted.source_domain = {"no domain", "running (unpaused)"};
  wanted.destination_domain = {"no domain"};
  wanted.virsh = {"exit 1"};
  wanted.virsh_says = "lock";
  wanted.cont = {"refused"};
  one.seen.libvirt =
      LibvirtSeen{"12.8.0", "running (unpaused)", "no domain", "exit 1", "no write lock", "refused"};
  CHECK(one.found().empty());

  one.seen.libvirt = LibvirtSeen{"12.8.0", "paused (api error)", "no daemon", "hangs", "", "never"};
  CHECK(one.found() ==
        std::vector<std::string>{
            "domstate on the source was expected to be \"no domain\" or \"running (unpaused)\", and is "
            "\"paused (api error)\"",
            "domstate on the destination was expected to be \"no domain\", and is \"no daemon\"",
            "the end of virsh migrate was expected to be \"exit 1\", and is \"hangs\"",
            "the outcome of the destination's cont was expected to be \"refused\", and is \"never\"",
            "virsh was expected to say \"lock\", and said \"\""});
  *one.expected.libvirt = {};
  CHECK(one.found().empty());  // nothing said, anything goes
}

TEST_CASE("an expectation holds for the versions of libvirt that it names") {
  std::vector<Expectation> all(1);
  const QemuVersion qemu{11, 1};
  all.front().when.libvirt = *VersionRange::parse(">=12.0");
  CHECK(expectation_for(all, qemu, qemu, QemuVersion{12, 8}) == &all.front());
  CHECK(expectation_for(all, qemu, qemu, QemuVersion{11, 3}) == nullptr);
  all.front().when.source = *VersionRange::parse("<11.0");
  CHECK(expectation_for(all, qemu, qemu, QemuVersion{12, 8}) == nullptr);
}
