// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/demo/demo_acts.hpp"

#include <csignal>

namespace mig::validate {
namespace {

Act no_fault() {
  Act act{1,
          "Nothing goes wrong",
          "migproxy only passes the bytes on. The source packs the state of all devices into one package, "
          "sends it and "
          "waits in postcopy-device: until the destination says that the package is loaded, the source still "
          "holds the only "
          "good copy of the guest. PONG 0x42 says it.",
          "The source got PONG 0x42, left postcopy-device, sent the rest of the memory, and was done.",
          Verdict::migrated,
          {}};
  act.scenario.source.parameters["max-postcopy-bandwidth"] =
      16U << 20U;  // slow enough to see the guest tick while its memory still arrives
  return act;
}

Act broken_device() {
  Act act{2,
          "A device does not load",
          "One field inside the package is changed on its way: the serial port's version_id. The destination "
          "cannot load "
          "such a device, so it will never say PONG 0x42.",
          "This is what postcopy-device is for. The source had not given the guest away yet, so it goes on "
          "as if nothing had "
          "happened. A QEMU older than 10.2 is in postcopy-active by then and loses the guest.",
          Verdict::recovered,
          {}};
  act.scenario.faults = {"set-device,name=serial,field=version_id,to=0x7fff"};
  return act;
}

Act lost_pong() {
  Act act{3,
          "The PONG gets lost",
          "Only the eight bytes of PONG 0x42 are taken out. The destination has loaded all devices and "
          "starts the guest; the "
          "source does not learn of it.",
          "Each side is right about what it knows. The source was never told that the package had been "
          "loaded, so when the "
          "link breaks it takes the guest back; the destination was told to run and runs. Two copies of one "
          "guest now write to "
          "the same disks and answer to the same addresses: data is destroyed, silently. Only image locks on "
          "shared disks "
          "stand in the way.\nPONG 0x42 is the moment at which the guest changes hands. Whatever carries a "
          "migration must never "
          "deliver the package and lose its answer.",
          Verdict::split_brain,
          {}};
  act.scenario.faults = {"drop-pong", "reset-connection,on=SIGUSR1"};
  act.scenario.steps = {StartMigration{},
                        StartPostcopy{1},
                        WaitStatus{Side::source, {"postcopy-device"}},
                        WaitStatus{Side::destination, {"postcopy-active"}},
                        WaitTick{Side::destination},
                        WaitRam{},
                        Check{"The source waits, and will wait for ever: there is no time-out.", {}, 4},
                        SignalProxy{SIGUSR1}};
  return act;
}

}  // namespace

std::vector<Act> demo_acts() { return {no_fault(), broken_device(), lost_pong()}; }

}  // namespace mig::validate
