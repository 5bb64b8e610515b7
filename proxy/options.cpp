// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "proxy/rules/action.hpp"

namespace mig::proxy {
namespace {

constexpr const char* examples =
    R"(ADDRESS is host:port, [ipv6]:port, :port or unix:/path; port 0 takes a free one. --listen :port takes all interfaces.

RULE is ACTION-UNIT[,key=value]..., for example drop-pong or set-device,name=serial,field=version_id,to=99;
--help-faults lists all actions, units and keys.

Look at a migration
  migproxy --listen 127.0.0.1:4444 --connect 127.0.0.1:4445 --trace
  migproxy --listen 127.0.0.1:4444 --connect 127.0.0.1:4445 --log migration.ndjson --once
  migproxy --listen 127.0.0.1:4444 --connect 127.0.0.1:4445 --record migration.pcapng

Be able to bring a lost guest back (migreplay rescue)
  migproxy --listen 127.0.0.1:4444 --connect 127.0.0.1:4445 --keep-package package.pcapng

Would it migrate? The guest stays at the source (migproxy rehearse --help)
  migproxy rehearse --listen 127.0.0.1:4444 --connect 127.0.0.1:4445
  migproxy rehearse --listen :4444 --connect 192.0.2.7:4445 --json --source-qmp s.qmp --destination-qmp d.qmp --destination-stderr d.err

Break it
  migproxy --listen 127.0.0.1:4444 --connect 127.0.0.1:4445 --fault drop-pong
  migproxy --listen 127.0.0.1:4444 --connect 127.0.0.1:4445 --fault hold-pong,for=5s --trace
  migproxy --listen 127.0.0.1:4444 --connect 127.0.0.1:4445 --fault reset-connection,on=SIGUSR1

Between two libvirt daemons of one machine
  migproxy --listen 127.0.0.1:49160 --connect 127.0.0.2:49160 --virsh --fault drop-pong

Unix sockets
  migproxy --listen unix:/tmp/source.sock --connect unix:/tmp/destination.sock

In scripts
  migproxy --check --fault-file faults.txt
  migproxy --listen 127.0.0.1:0 --connect 127.0.0.1:4445 --once --quiet --log run.ndjson --fault drop-pong

Exit status: 0 all went well and each rule fired, 3 a rule never fired, 1 run-time failure, 2 wrong usage.)";

void add_connection_options(CLI::App& app, Options& options) {
  app.add_option("--listen", options.listen, "Where the source connects to")
      ->type_name("ADDRESS")
      ->group("Connections");
  app.add_option("--connect", options.connect, "Where the destination listens")
      ->type_name("ADDRESS")
      ->group("Connections");
  app.add_flag("--once", options.once, "End after the first migration; probes without one do not count")
      ->group("Connections");
  app.add_flag("--virsh", options.virsh, "Print the virsh command that migrates through these addresses")
      ->group("Connections");
  app.add_option("--once-grace", options.once_grace_seconds,
                 "With --once: how long a paused postcopy may wait for its recovery (60)")
      ->type_name("SECONDS")
      ->check(CLI::NonNegativeNumber.description(""))
      ->group("Connections");
}

void add_fault_options(CLI::App& app, Options& options) {
  app.add_option("--fault", options.faults, "A fault rule; may be given several times")
      ->type_name("RULE")
      ->allow_extra_args(false)
      ->group("Faults");
  app.add_option("--fault-file", options.fault_files,
                 "Rules from a file, one on each line; # begins a comment")
      ->type_name("FILE")
      ->allow_extra_args(false)
      ->group("Faults");
  app.add_option("--seed", options.seed, "For rules with chance= or jitter=")
      ->type_name("N")
      ->group("Faults");
  app.add_flag("--check", options.check, "Only check the rules, print them back and end")->group("Faults");
}

void add_output_options(CLI::App& app, Options& options) {
  app.add_option("--log", options.log, "Write what happens as JSON, one object a line")
      ->type_name("FILE")
      ->group("Output");
  auto* record =
      app.add_option("--record", options.record, "Record both legs as pcapng, for Wireshark and migreplay")
          ->type_name("FILE")
          ->group("Output");
  app.add_option("--record-pages", options.record_pages,
                 "no: record no page contents; headers and devices stay")
      ->type_name("{yes,no}")
      ->needs(record)
      ->group("Output");
  app.add_option(
         "--keep-package", options.keep_package,
         "Keep each postcopy migration's device package, so that migreplay rescue can bring the guest back")
      ->type_name("FILE")
      ->group("Output");
  app.add_flag("--log-pages", options.log_pages, "A log line for every page; else they are counted")
      ->group("Output");
  app.add_flag("--trace", options.trace, "Show every unit on the terminal")->group("Output");
  app.add_flag("--line-buffered", options.line_buffered,
               "Write each line at once, for programs that wait for one")
      ->group("Output");
  app.add_flag("--quiet", options.quiet, "Print only the address; faults and errors go to the log")
      ->group("Output");
}

void add_rule(const RuleResult& result, std::vector<FaultRule>& rules) {
  if (const auto* error = std::get_if<RuleError>(&result)) throw std::invalid_argument(to_string(*error));
  rules.push_back(std::get<FaultRule>(result));
}

void add_file(const std::string& name, std::vector<FaultRule>& rules) {
  std::ifstream file(name);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file.good() && !file.eof()) throw std::invalid_argument("cannot read the fault file " + name);
  const RulesResult result = parse_rules_file(text);
  if (const auto* error = std::get_if<RuleError>(&result)) {
    RuleError here = *error;
    const auto line = std::exchange(here.line, 0);  // said in front, as editors want it
    throw std::invalid_argument(name + ":" + std::to_string(line) + ": " + to_string(here));
  }
  const auto& read = std::get<std::vector<FaultRule>>(result);
  rules.insert(rules.end(), read.begin(), read.end());
}

}  // namespace

std::unique_ptr<CLI::App> make_app(Options& options) {
  auto app = std::make_unique<CLI::App>(
      "Relay a QEMU live migration, show what passes, and break it where you say.", "migproxy");
  app->footer(examples);
  add_connection_options(*app, options);
  add_fault_options(*app, options);
  add_output_options(*app, options);
  app->add_flag("--help-faults", options.help_faults, "Print every action, unit and key of rules and end")
      ->group("Help");
  return app;
}

std::vector<Candidate> rule_candidates(const std::string& typed) {
  const auto comma = typed.find(',');
  const auto word = typed.substr(0, comma);
  std::vector<Candidate> candidates;
  for (std::size_t u = 0; u < unit_rows().size(); ++u) {
    const auto unit = static_cast<Unit>(u);
    for (const auto* action : actions()) {
      const auto rule = std::string(action->word) + "-" + std::string(row(unit).word);
      if (!goes_with(*action, unit)) continue;
      if (comma == std::string::npos) candidates.push_back({rule, std::string(action->help)});
      if (comma == std::string::npos || rule != word) continue;
      for (std::size_t k = 0; k < key_rows().size(); ++k)
        if ((allowed_keys(*action, unit) & bit(static_cast<Key>(k))) != 0)
          candidates.push_back({typed.substr(0, typed.rfind(',') + 1) + std::string(key_rows()[k].word) + "=",
                                std::string(key_rows()[k].help)});
    }
  }
  return candidates;
}

std::vector<FaultRule> read_rules(const Options& options) {
  std::vector<FaultRule> rules;
  for (const std::string& text : options.faults) add_rule(parse_rule(text), rules);
  for (const std::string& name : options.fault_files) add_file(name, rules);
  const auto dice = std::find_if(rules.begin(), rules.end(), needs_seed);
  if (dice != rules.end() && !options.seed) {
    throw std::invalid_argument("the rule " + dice->name +
                                " uses chance= or jitter=: give --seed N, so that the run can be repeated");
  }
  return rules;
}

}  // namespace mig::proxy
