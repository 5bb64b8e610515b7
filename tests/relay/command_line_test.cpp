// SPDX-License-Identifier: GPL-2.0-or-later
// What migproxy says when it is started: usage, errors with a remedy, help, man page, completion.
#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "common/address.hpp"
#include "peers.hpp"
#include "program.hpp"
#include "proxy/rules/action.hpp"

using mig::Address;
using mig::parse_address;
using namespace mig::proxy;
using namespace mig::proxy::test;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string file_text(const std::string& name) {
  std::ifstream file(name);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// What follows each `mark`, as long as it is made of `letters`.
std::set<std::string> words_after(const std::string& text, const std::string& mark,
                                  const std::string& letters) {
  std::set<std::string> found;
  for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
    const auto begin = at + mark.size();
    const auto end = std::min(text.find_first_not_of(letters, begin), text.size());
    if (end > begin) found.insert(text.substr(begin, end - begin));
  }
  return found;
}

std::set<std::string> options_in(std::string text) {
  std::erase(text, '\\');
  return words_after(text, "--", "abcdefghijklmnopqrstuvwxyz-");
}

}  // namespace

TEST_CASE("addresses: every form, and what is refused") {
  CHECK(parse_address("host:4444") == Address{Address::Kind::tcp, "host", 4444, {}});
  CHECK(parse_address(":0") == Address{Address::Kind::tcp, "", 0, {}});
  CHECK(parse_address("[::1]:65535") == Address{Address::Kind::tcp, "::1", 65535, {}});
  CHECK(parse_address("unix:/tmp/x") == Address{Address::Kind::unix_path, {}, 0, "/tmp/x"});
  CHECK(parse_address("tcp:host:4444") == parse_address("host:4444"));
  for (const char* text : {"host:4444", ":0", "[fe80::1]:65535", "unix:/tmp/x"}) {
    CHECK(to_string(parse_address(text)) == text);
  }
  for (const char* text : {"", "host", "host:", "host:x", "host:65536", "host:-1", "::1:44", "[::1]",
                           "[::1:4", "unix:", "host:44x"}) {
    CAPTURE(text);
    CHECK_THROWS_AS((void)parse_address(text), std::invalid_argument);
  }
  CHECK_THROWS_WITH((void)parse_address("::1:44"), doctest::Contains("needs brackets"));
  CHECK_THROWS_WITH((void)parse_address("unix:/" + std::string(200, 'x')),
                    doctest::Contains("at most 107 bytes"));
}

TEST_CASE("wrong usage ends with 2 and says what is wrong") {
  CHECK(migproxy({}).status == 2);
  CHECK(contains(migproxy({"--listen", ":0"}).err, "--connect ADDRESS is missing"));
  CHECK(migproxy({"--nonsense"}).status == 2);
  const Finished address = migproxy({"--listen", "nowhere", "--connect", ":1"});
  CHECK(address.status == 2);
  CHECK(contains(address.err, "'nowhere' is not an address: the port is missing"));
  const Finished rule = migproxy({"--check", "--fault", "drop-pnog"});
  CHECK(rule.status == 2);
  CHECK(contains(rule.err, "drop-pnog"));
  CHECK(contains(rule.err, "^~~~"));
  CHECK(migproxy({"--check", "--fault-file", "/nowhere/at/all"}).status == 2);
  const Finished dice = migproxy({"--check", "--fault", "drop-page,chance=0.5"});
  CHECK(dice.status == 2);
  CHECK(contains(dice.err, "--seed"));
}

TEST_CASE("--check prints the rules back") {
  const std::string file = scratch_folder() + "/rules";
  std::ofstream(file) << "# two\ndrop-shut\n\nhold-pong,for=5s   # five\n";
  const Finished result = migproxy({"--check", "--fault", "drop-pong", "--fault-file", file});
  CHECK(result.status == 0);
  CHECK(result.out.starts_with("drop-pong"));
  CHECK(std::count(result.out.begin(), result.out.end(), '\n') == 3);
  std::ofstream(file) << "drop-shut\ndrop-nothing\n";
  CHECK(contains(migproxy({"--check", "--fault-file", file}).err, "rules:2: unknown unit \"nothing\""));
}

TEST_CASE("a start that fails ends with 1 and names address and remedy") {
  PeerListener taken;
  const Finished in_use = migproxy({"--listen", taken.address(), "--connect", ":1"});
  CHECK(in_use.status == 1);
  CHECK(contains(in_use.err, "cannot listen on " + taken.address()));
  CHECK(contains(in_use.err, "port 0 takes a free one"));
  const Finished log = migproxy({"--listen", ":0", "--connect", ":1", "--log", "/nowhere/at/all"});
  CHECK(log.status == 1);
  CHECK(contains(log.err, "cannot write the log /nowhere/at/all"));
}

TEST_CASE("--virsh prints the command for its addresses, or says what libvirt needs") {
  const std::string folder = scratch_folder();
  const auto printed = [](const std::string& listen, const std::string& connect) {
    RunningProxy proxy({"--listen", listen, "--connect", connect, "--virsh", "--quiet"});
    proxy.signal(SIGTERM);
    const std::string out = proxy.finish().out;
    return out.substr(out.find('\n') + 1);
  };
  const auto free_port = [] {
    const std::string taken = PeerListener().address();  // and let go again
    return taken.substr(taken.rfind(':'));
  };
  const std::string port = free_port();
  CHECK(printed("127.0.0.1" + port, "127.0.0.2" + port) ==
        "virsh migrate --live --postcopy --postcopy-after-precopy --migrateuri tcp://127.0.0.1" + port +
            " --listen-address 127.0.0.2 DOMAIN DESTINATION\n");
  CHECK(contains(printed("[::1]" + port, "127.0.0.1" + port), "'tcp://[::1]" + port + "' "));
  const std::string unix_line = printed("unix:" + folder + "/a", "unix:" + folder + "/b");
  CHECK(contains(unix_line, "--migrateuri unix://" + folder + "/a DOMAIN DESTINATION\n"));
  CHECK(contains(unix_line, "has to find at " + folder + "/a (bind mount) what is " + folder + "/b here"));
  const auto refused = [](const std::string& listen, const std::string& connect, const std::string& why) {
    const Finished end = migproxy({"--listen", listen, "--connect", connect, "--virsh"});
    CHECK(end.status == 2);
    CHECK(contains(end.err, why));
  };
  refused(":4444", "127.0.0.2:4444", "needs the address that the source is to connect to");
  refused("127.0.0.1:4444", ":4444", "needs the address on which the destination is to listen");
  refused("127.0.0.1:0", "127.0.0.2:4444", "port 0 is not known");
  refused("127.0.0.1:4444", "127.0.0.2:4445", "need the same port");
  refused("127.0.0.1:4444", "127.0.0.1:4444", "need two addresses");
  refused("unix:/x", "127.0.0.1:4444", "either both addresses are unix sockets");
}

TEST_CASE("help, version and man page agree") {
  const Finished help = migproxy({"--help"});
  CHECK(help.status == 0);
  for (const char* group : {"Look at a migration", "Break it", "Unix sockets", "In scripts"}) {
    CHECK(contains(help.out, group));
  }
  CHECK(migproxy({"--version"}).out.starts_with("migproxy "));
  CHECK(options_in(help.out) == options_in(file_text(MIG_MAN_PAGE)));
}

TEST_CASE("--help-faults has a line for every word of a rule") {
  const Finished help = migproxy({"--help-faults"});
  CHECK(help.status == 0);
  for (const auto* action : actions()) CHECK(contains(help.out, "\n  " + std::string(action->word) + " "));
  for (const auto& unit : unit_rows()) CHECK(contains(help.out, "\n  " + std::string(unit.word) + " "));
  for (const auto& key : key_rows()) CHECK(contains(help.out, "\n  " + std::string(key.word) + "= "));
}

TEST_CASE("the examples of --help are rules that exist") {
  const std::string help = migproxy({"--help"}).out;
  const auto rules = words_after(help, "--fault ", "abcdefghijklmnopqrstuvwxyz-,=0123456789SIGUR");
  for (const std::string& rule : rules) {
    if (rule.front() < 'a') continue;  // "--fault RULE"
    CAPTURE(rule);
    CHECK(migproxy({"--check", "--fault", rule}).status == 0);
  }
  CHECK(rules.size() >= 4);
}

namespace {

/// The lines that `shell` offers for a command line when it has read migproxy's script.
std::string offered(const std::string& shell, const std::string& line) {
  const std::string script = scratch_folder() + "/completion";
  std::ofstream(script) << migproxy({"--completion", shell}).out;
  const std::string path = "PATH=$(dirname " MIGPROXY "):$PATH; ";
  const std::string bash =
      ". " + script + "; COMP_LINE='" + line + "'; COMP_POINT=${#COMP_LINE}; words=${COMP_LINE//=/ = }; " +
      "read -ra COMP_WORDS <<< \"$words\"; COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _migproxy; " +
      "printf '%s\\n' \"${COMPREPLY[@]}\"";
  const std::string fish =
      "fish --no-config -c \"source " + script + "; complete -C '" + line + "' | cut -f 1\"";
  const Finished result = run({"bash", "-c", path + (shell == "bash" ? bash : fish)});
  CHECK(result.err.empty());
  return result.out;
}

bool is_installed(const std::string& shell) {
  const bool there = run({"sh", "-c", "command -v " + shell}).status == 0;
  if (!there) MESSAGE(shell, " is not installed: its completion script is not tried");
  return there;
}

}  // namespace

TEST_CASE("bash completion offers options, commands, rules and the keys a rule takes") {
  CHECK(offered("bash", "migproxy --onc") == "--once\n--once-grace\n");
  CHECK(offered("bash", "migproxy reh") == "rehearse\n");
  CHECK(offered("bash", "migproxy rehearse --source") == "--source-qmp\n");
  CHECK(offered("bash", "migproxy --fault drop-po") == "drop-pong\n");
  CHECK(contains(offered("bash", "migproxy --fault drop-pong,va"), "drop-pong,value=\n"));
  // bash breaks words at =: only what follows it is replaced
  CHECK(offered("bash", "migproxy --fault drop-pong,value=3,sk") == "3,skip=\n");
  CHECK(offered("bash", "migproxy --fault=drop-po") == "drop-pong\n");
  CHECK(offered("bash", "migproxy --completion z") == "zsh\n");
  CHECK(offered("bash", "migproxy --record-pages y") == "yes\n");
}

TEST_CASE("zsh accepts its completion script") {
  if (!is_installed("zsh")) return;
  const std::string script = scratch_folder() + "/_migproxy";
  std::ofstream(script) << migproxy({"--completion", "zsh"}).out;
  const Finished result = run({"zsh", "-f", "-c", "autoload -Uz compinit; compinit -D; . " + script});
  CHECK(result.status == 0);
  CHECK(result.err.empty());
}

TEST_CASE("fish completion offers options, rules and the keys a rule takes") {
  if (!is_installed("fish")) return;
  CHECK(offered("fish", "migproxy --onc") == "--once\n--once-grace\n");
  CHECK(offered("fish", "migproxy --fault drop-po") == "drop-pong\n");
  CHECK(contains(offered("fish", "migproxy --fault drop-pong,va"), "drop-pong,value=\n"));
  CHECK(offered("fish", "migproxy --fault drop-pong,value=3,sk") == "drop-pong,value=3,skip=\n");
  CHECK(contains(offered("fish", "migproxy --fault=drop-pong,va"), "drop-pong,value=\n"));
  CHECK(offered("fish", "migproxy --completion f") == "fish\n");
}

TEST_CASE("help is as wide as the terminal, and examples stay on their lines") {
  std::istringstream help(run({"env", "COLUMNS=60", MIGPROXY, "--help"}).out);
  bool example = false;
  for (std::string line; std::getline(help, line);
       example |= line.starts_with("  migproxy rehearse --listen :4444"))
    if (!line.starts_with("  migproxy ") && !line.starts_with("Relay "))
      CHECK_MESSAGE(line.size() <= 60, line);
  CHECK(example);
}

TEST_CASE("a word that is not known is named, with what may have been meant") {
  const auto said = [](const std::vector<std::string>& words) { return migproxy(words).err; };
  CHECK(said({"--listn", ":4444"}) ==
        "migproxy: there is no option \"--listn\"; did you mean \"--listen\"? migproxy --help says more\n");
  CHECK(said({"rehaerse"}) ==
        "migproxy: there is no command \"rehaerse\"; did you mean \"rehearse\"? migproxy --help says more\n");
  CHECK(said({"rehearse", "--listen", ":1"}) ==
        "migproxy: --connect is required; migproxy rehearse --help says more\n");
}
