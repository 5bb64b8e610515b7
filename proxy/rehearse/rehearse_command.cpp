// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/rehearse/rehearse_command.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <memory>
#include <thread>
#include <utility>

#include "common/descriptor.hpp"
#include "common/text.hpp"
#include "proxy/rehearse/outcome.hpp"
#include "proxy/rehearse/qmp.hpp"

namespace mig::proxy {
namespace {

using std::chrono::milliseconds;

struct RehearseOptions {
  std::string listen, connect, source_qmp, destination_qmp, destination_stderr;
  bool json = false;
};

constexpr const char* examples =
    R"(A migration against the real destination that ends before the hand-over: everything is sent and loaded, but the
destination never runs the guest, and the source keeps it. Give the source the printed command.

The destination waits with -incoming, and cannot be used again afterwards. The source needs the capability return-path,
and postcopy-ram must be off.

Examples:
  migproxy rehearse --listen 127.0.0.1:4444 --connect 127.0.0.1:4445
  migproxy rehearse --listen :4444 --connect 192.0.2.7:4445 --source-qmp source.qmp --destination-qmp destination.qmp --json

Exit status: 0 it would migrate, 1 it would not, or was not tried, 2 wrong usage.)";

void add_options(CLI::App& app, RehearseOptions& options) {
  const auto add = [&](const char* name, std::string& value, const char* type, const char* help) {
    return app.add_option(name, value, help)->type_name(type);
  };
  add("--listen", options.listen, "ADDRESS", "Where the source connects to")->required();
  add("--connect", options.connect, "ADDRESS", "Where the destination listens")->required();
  add("--source-qmp", options.source_qmp, "PATH",
      "The source's QMP socket: its capabilities are checked before, and afterwards that it runs");
  add("--destination-qmp", options.destination_qmp, "PATH",
      "The destination's QMP socket: its disk locks are checked before; afterwards its error is read, and it "
      "is ended");
  add("--destination-stderr", options.destination_stderr, "FILE",
      "A file with the destination's standard error: what it writes there is printed");
  app.add_flag("--json", options.json, "One JSON object instead of text");
  app.footer(examples);
}

bool has_capability(Qmp& qmp, std::string_view name) {
  const auto all = qmp.execute("query-migrate-capabilities");
  for (const auto& one : all.as_array())
    if (one.at("capability").as_string() == name) return one.at("state").as_bool();
  return false;
}

/// What only QMP shows before the first byte. Throws std::runtime_error with the remedy.
void check_source(const std::string& path) {
  Qmp qmp(path);
  if (!has_capability(qmp, "return-path"))
    throw std::runtime_error(
        "the source's capability return-path is off: it would complete without an answer, and the guest "
        "would be gone; "
        "switch it on");
  if (has_capability(qmp, "postcopy-ram"))
    throw std::runtime_error("the source's capability postcopy-ram is on; switch it off for the rehearsal");
}

bool has_writable_image(Qmp& qmp) {
  const auto all = qmp.execute("query-block");
  for (const auto& one : all.as_array()) {
    const auto* inserted = one.as_object().if_contains("inserted");
    if (inserted != nullptr && !inserted->at("ro").as_bool()) return true;
  }
  return false;
}

/// Before 10.0 a destination locks its images when it has loaded the guest, whether or not it runs it; the
/// source could not have them again.
void check_destination(const std::string& path) {
  Qmp qmp(path);
  const auto status = qmp.execute("query-status");
  if (status.at("status").as_string() != "inmigrate")
    throw std::runtime_error("the destination does not wait for a migration: its run state is " +
                             std::string(status.at("status").as_string()));
  const auto version = qmp.execute("query-version");
  if (version.at("qemu").at("major").as_int64() >= 10 || has_capability(qmp, "late-block-activate") ||
      !has_writable_image(qmp))
    return;
  throw std::runtime_error(
      "a destination of this version locks its images before its guest runs, and the source could not have "
      "them again; "
      "switch its capability late-block-activate on");
}

bool runs_within(const std::string& path, milliseconds patience) {
  Qmp qmp(path);
  for (const auto end = std::chrono::steady_clock::now() + patience; std::chrono::steady_clock::now() < end;
       std::this_thread::sleep_for(milliseconds(20)))
    if (qmp.execute("query-status").at("status").as_string() == "running") return true;
  return false;
}

/// Its error, and its end. It may have ended by itself: then there is nobody to ask.
void end_destination(const std::string& path, RehearsalOutcome& outcome) {
  try {
    Qmp qmp(path);
    const auto migration = qmp.execute("query-migrate");
    if (const auto* error = migration.as_object().if_contains("error-desc"))
      outcome.destination_says.push_back(readable(std::string(error->as_string())));
    static_cast<void>(qmp.execute("quit"));
  } catch (const std::runtime_error&) {
  }
}

/// The lines that came since the file had this size.
std::vector<std::string> new_lines(const std::string& path, std::streamoff since) {
  std::vector<std::string> lines;
  std::ifstream file(path);
  file.seekg(since);
  for (std::string line; std::getline(file, line);) lines.push_back(readable(line));
  return lines;
}

std::streamoff size_of(const std::string& path) {
  std::ifstream file(path, std::ios::ate);
  return file ? static_cast<std::streamoff>(file.tellg()) : 0;
}

/// A destination that failed writes why after it has answered, or ended the connection.
std::vector<std::string> last_words(const std::string& path, std::streamoff since) {
  constexpr int looks = 20;
  auto size = since;
  for (int look = 0; look < looks; ++look) {
    std::this_thread::sleep_for(milliseconds(100));
    const auto before = std::exchange(size, size_of(path));
    if (size > since && size == before) break;
  }
  return new_lines(path, since);
}

Descriptor end_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, number);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  return Descriptor(::signalfd(-1, &set, SFD_CLOEXEC));
}

int rehearse(const RehearseOptions& options) {
  if (!options.source_qmp.empty()) check_source(options.source_qmp);
  if (!options.destination_qmp.empty()) check_destination(options.destination_qmp);
  const auto said_before = size_of(options.destination_stderr);
  const auto interrupt = end_signals();
  Rehearsal rehearsal(parse_address(options.listen), parse_address(options.connect));
  if (!options.json) {
    std::printf(
        "listening  on %s; give this to the source's QMP:\n    {\"execute\": \"migrate\", \"arguments\": "
        "{\"uri\": \"%s\"}}\n",
        rehearsal.uri().c_str(), rehearsal.uri().c_str());
    std::fflush(stdout);
  }
  auto outcome = outcome_of(rehearsal.run(interrupt.get()), rehearsal);
  if (!options.destination_qmp.empty() && rehearsal.migration().approved())
    end_destination(options.destination_qmp, outcome);
  rehearsal.let_go();
  if (!options.source_qmp.empty())
    outcome.source_runs = runs_within(options.source_qmp, std::chrono::seconds(10));
  if (!options.destination_stderr.empty() && !outcome.migrates)
    for (auto& line : last_words(options.destination_stderr, said_before))
      outcome.destination_says.push_back(std::move(line));
  std::fputs(options.json ? (outcome.json() + "\n").c_str() : outcome.text().c_str(), stdout);
  return outcome.migrates && outcome.source_runs.value_or(true) ? 0 : 1;
}

}  // namespace

std::function<int()> add_rehearse(CLI::App& app) {
  auto options = std::make_shared<RehearseOptions>();
  add_options(*app.add_subcommand(
                  "rehearse", "Would it migrate, and how long would it take? The guest stays at the source"),
              *options);
  return [options] {
    try {
      return rehearse(*options);
    } catch (const std::invalid_argument&) {
      throw;
    } catch (const std::exception& error) {
      return std::fprintf(stderr, "migproxy: not rehearsed: %s\n", error.what()), 1;
    }
  };
}

}  // namespace mig::proxy
