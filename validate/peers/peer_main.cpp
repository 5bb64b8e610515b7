// SPDX-License-Identifier: GPL-2.0-or-later
// migpeer: stands where a QEMU stands, where none can be had. It takes the few of QEMU's options that a run
// gives, answers QMP, and speaks the real format; its behaviour is our model of QEMU 11.1, not QEMU.
#include <boost/asio/io_context.hpp>
#include <iostream>
#include <string>
#include <vector>

#include "validate/base/errors.hpp"
#include "validate/peers/scripted_machine.hpp"

namespace {

constexpr const char* usage =
    "usage: migpeer -qmp unix:PATH[,server=on,wait=off] [-serial file:PATH] [-incoming defer] [-S]\n"
    "A scripted peer: a model of QEMU 11.1's postcopy that speaks the real migration format. Played by\n"
    "scripts/demo.sh where no QEMU can be had. Other options of QEMU are passed over.\n";

// QEMU's option syntax: a comma ends a value, two stand for one.
std::string value_of(const std::string& text, const std::string& prefix) {
  std::string value;
  if (text.compare(0, prefix.size(), prefix) != 0) return value;
  for (auto at = prefix.size(); at < text.size(); ++at) {
    if (text[at] == ',' && text.compare(at, 2, ",,") != 0) break;
    at += text[at] == ',' ? 1U : 0U;
    value += text[at];
  }
  return value;
}

mig::validate::ScriptedSetup setup_from(const std::vector<std::string>& arguments) {
  mig::validate::ScriptedSetup setup;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto next = i + 1 < arguments.size() ? arguments[i + 1] : std::string();
    if (arguments[i] == "-qmp") setup.qmp = value_of(next, "unix:");
    if (arguments[i] == "-serial" && next.starts_with("file:")) setup.serial = next.substr(5);
    if (arguments[i] == "-incoming") setup.incoming = true;
    if (arguments[i] == "-S") setup.paused = true;
  }
  return setup;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (!arguments.empty() && arguments.front() == "--version") {
    std::cout << "QEMU emulator version 11.1.0 (migpeer, a scripted peer: a model of it, not QEMU)\n";
    return 0;
  }
  const auto setup = setup_from(arguments);
  if (setup.qmp.empty()) {
    std::cerr << usage;
    return 2;
  }
  try {
    boost::asio::io_context io;
    const mig::validate::ScriptedMachine machine(io, setup);
    io.run();
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "migpeer: " << error.what() << '\n';
    return 1;
  }
}
