// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/run/proxy_process.hpp"

#include <csignal>
#include <utility>

#include "validate/base/errors.hpp"

namespace mig::validate {
namespace {

constexpr Seconds start_limit = 10;
constexpr Seconds stop_limit = 5;

}  // namespace

ProxyProcess::ProxyProcess(ProxySetup setup)
    : setup_(std::move(setup)), process_(launch()), log_(setup_.folder / "migproxy.ndjson") {
  wait_until_listening();
}

Launch ProxyProcess::launch() const {
  const auto log = setup_.folder / "migproxy.ndjson";
  std::error_code ignored;
  std::filesystem::remove(log, ignored);  // an earlier run's must not be read as ours
  std::vector<std::string> arguments{"--listen", setup_.listen, "--connect",  setup_.connect,
                                     "--trace",  "--log",       log.string(), "--line-buffered"};
  arguments.insert(arguments.end(), setup_.options.begin(), setup_.options.end());
  for (const auto& fault : setup_.faults) arguments.push_back("--fault=" + fault);
  return {setup_.program, std::move(arguments), setup_.folder / "migproxy.trace",
          setup_.folder / "migproxy.stderr"};
}

void ProxyProcess::wait_until_listening() {
  for (const RunClock clock; clock.now() < start_limit; sleep_for(0.01)) {
    const bool running = process_.running();
    address_ = log_.listening();
    if (!address_.empty()) return;
    if (!running) throw CouldNotRun(refusal());
  }
  throw CouldNotRun(setup_.program.string() + " does not say in its log where it listens. Is it migproxy?");
}

std::string ProxyProcess::refusal() {
  const auto words = tail_of(setup_.folder / "migproxy.stderr");
  return setup_.program.string() + " ended at once, " + process_.end() +
         (words.empty() ? " and no word about it. Is it migproxy?"
                        : ": " + words + "\nCorrect the rule or the path.");
}

int ProxyProcess::stop() {
  process_.signal(SIGTERM);
  if (!process_.wait_for(stop_limit)) process_.kill();
  return process_.exit_code();
}

}  // namespace mig::validate
