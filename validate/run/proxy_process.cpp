// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/run/proxy_process.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <utility>

#include "validate/base/errors.hpp"

namespace mig::validate {
namespace {

constexpr Seconds start_limit = 10;
constexpr Seconds stop_limit = 5;

}  // namespace

TraceLine parse_trace_line(std::string_view line) {
  const auto begin = std::min(line.find_first_not_of(' '), line.size());
  Seconds time = 0;
  const auto [stop, error] = std::from_chars(line.data() + begin, line.data() + line.size(), time);
  auto rest = line.substr(static_cast<std::size_t>(stop - line.data()));
  if (error != std::errc() || rest.empty()) return {std::nullopt, std::string(line)};
  if (rest.substr(0, 3) == " s ") rest.remove_prefix(2);
  if (rest.front() != ' ') return {std::nullopt, std::string(line)};
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  return {time, std::string(rest)};
}

ProxyProcess::ProxyProcess(ProxySetup setup)
    : setup_(std::move(setup)),
      process_(launch()),
      trace_(setup_.folder / "migproxy.trace"),
      log_(setup_.folder / "migproxy.ndjson") {
  wait_until_listening();
}

Launch ProxyProcess::launch() const {
  const auto log = setup_.folder / "migproxy.ndjson";
  std::error_code ignored;
  std::filesystem::remove(log, ignored);  // an earlier run's must not be read as ours
  std::vector<std::string> arguments{"--listen", setup_.listen, "--connect", setup_.connect,
                                     "--trace",  "--log",       log.string()};
  arguments.insert(arguments.end(), setup_.options.begin(), setup_.options.end());
  for (const auto& fault : setup_.faults) arguments.push_back("--fault=" + fault);
  return {setup_.program, std::move(arguments), setup_.folder / "migproxy.trace",
          setup_.folder / "migproxy.stderr"};
}

void ProxyProcess::wait_until_listening() {
  static const std::string prefix = "listening on ";
  const RunClock clock;
  while (clock.now() < start_limit) {
    const bool running = process_.running();
    partial_ += trace_.read_new();
    if (const auto end = partial_.find('\n');
        end != std::string::npos && partial_.compare(0, prefix.size(), prefix) == 0) {
      address_ = partial_.substr(prefix.size(), end - prefix.size());
      partial_.erase(0, end + 1);
      return;
    }
    if (!running) throw CouldNotRun(refusal());
    sleep_for(0.01);
  }
  throw CouldNotRun(setup_.program.string() + " did not say 'listening on ADDRESS' in time. Is it migproxy?");
}

std::string ProxyProcess::refusal() {
  const auto words = tail_of(setup_.folder / "migproxy.stderr");
  return setup_.program.string() + " ended at once, " + process_.end() +
         (words.empty() ? " and no word about it. Is it migproxy?"
                        : ": " + words + "\nCorrect the rule or the path.");
}

std::vector<TraceLine> ProxyProcess::new_lines() {
  partial_ += trace_.read_new();
  std::vector<TraceLine> lines;
  std::size_t begin = 0;
  for (auto end = partial_.find('\n'); end != std::string::npos; end = partial_.find('\n', begin)) {
    lines.push_back(parse_trace_line(std::string_view(partial_).substr(begin, end - begin)));
    begin = end + 1;
  }
  partial_.erase(0, begin);
  return lines;
}

int ProxyProcess::stop() {
  process_.signal(SIGTERM);
  for (const RunClock clock; process_.running() && clock.now() < stop_limit;) sleep_for(0.01);
  if (process_.running()) process_.kill();
  return process_.exit_code();
}

}  // namespace mig::validate
