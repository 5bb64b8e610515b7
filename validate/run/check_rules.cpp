// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/run/check_rules.hpp"

#include <charconv>
#include <fstream>
#include <iterator>

#include "validate/base/child_process.hpp"
#include "validate/base/clock.hpp"
#include "validate/base/errors.hpp"
#include "validate/base/files.hpp"

namespace mig::validate {
namespace {

constexpr Seconds check_limit = 10;

std::optional<BadRule> ask(const std::filesystem::path& migproxy, const std::vector<std::string>& rules) {
  const TempDir folder;
  const auto file = folder.path() / "rules";
  const auto said = folder.path() / "said";
  std::string text;
  for (const auto& rule : rules) {
    if (rule.empty() || rule.front() == '#' || rule.find('\n') != std::string::npos)
      return BadRule{static_cast<std::size_t>(&rule - rules.data()),
                     "a fault rule is one line, and not empty"};
    text += rule + "\n";
  }
  write_file(file, text);
  ChildProcess process({migproxy, {"--check", "--fault-file", file}, folder.path() / "rules.checked", said});
  for (const RunClock clock; process.running() && clock.now() < check_limit;) sleep_for(0.005);
  if (process.exit_code() == 0) return std::nullopt;
  std::ifstream in(said);
  const std::string message{std::istreambuf_iterator<char>(in), {}};
  if (auto bad = parse_refusal(message, file.string())) return bad;
  throw CouldNotRun(migproxy.string() + " did not check the fault rules" +
                    (message.empty() ? ". Is it migproxy?" : ": " + message));
}

}  // namespace

std::optional<BadRule> parse_refusal(std::string_view message, std::string_view file) {
  const auto at = message.find(file);
  if (at == std::string_view::npos || message.substr(at + file.size(), 1) != ":") return std::nullopt;
  const auto rest = message.substr(at + file.size() + 1);
  std::size_t line = 0;
  const auto [stop, error] = std::from_chars(rest.data(), rest.data() + rest.size(), line);
  if (error != std::errc() || line == 0) return std::nullopt;
  auto reason = std::string(rest.substr(static_cast<std::size_t>(stop - rest.data())));
  reason.erase(0, reason.find_first_not_of(": "));
  reason.erase(reason.find_last_not_of('\n') + 1);
  return BadRule{line - 1, std::move(reason)};
}

RuleCheck checked_by(const std::filesystem::path& migproxy) {
  return [migproxy](const std::vector<std::string>& rules) { return ask(migproxy, rules); };
}

}  // namespace mig::validate
