// SPDX-License-Identifier: GPL-2.0-or-later
// What the rule grammar refuses: why, where, and what was probably meant.
#include <doctest/doctest.h>

#include "proxy/rules/fault_rule.hpp"

using namespace mig::proxy;

namespace {

std::string refusal(std::string_view text) {
  auto result = parse_rule(text);
  const auto* error = std::get_if<RuleError>(&result);
  REQUIRE_MESSAGE(error != nullptr, "accepted: ", text);
  return to_string(*error);
}

}  // namespace

TEST_CASE("refused rules say what, where, and what was probably meant") {
  CHECK(refusal("drop-pnog,value=0x42") ==
        "unknown unit \"pnog\" in rule\n"
        "  drop-pnog,value=0x42\n"
        "       ^~~~ did you mean \"pong\"?");
  CHECK(refusal("dorp-pong") ==
        "unknown action \"dorp\" in rule\n"
        "  dorp-pong\n"
        "  ^~~~ did you mean \"drop\"?");
  CHECK(refusal("drop-pong,vlaue=1") ==
        "unknown key \"vlaue\" in rule\n"
        "  drop-pong,vlaue=1\n"
        "            ^~~~~ did you mean \"value\"?");
  CHECK(refusal("drop-pong,value=0x4g") ==
        "bad value \"0x4g\" in rule\n"
        "  drop-pong,value=0x4g\n"
        "                  ^~~~ wanted a number, decimal or 0x, or any");
  CHECK(refusal("drop-pong,at=3") ==
        "key \"at\" has no meaning in drop-pong\n"
        "  drop-pong,at=3\n"
        "            ^~");
  CHECK(refusal("hold-pong") ==
        "hold-pong needs for= or until=\n"
        "  hold-pong\n"
        "  ^~~~~~~~~ how long, such as for=5s or until=SIGUSR1");
  CHECK(refusal("hold-package,for=1s") ==
        "cannot hold a package: what overtakes it would be no valid stream\n"
        "  hold-package,for=1s\n"
        "  ^~~~~~~~~~~~ use delay-package, which stops all that follows too");
  CHECK(refusal("delay-connection,for=1s") ==
        "cannot delay a connection\n"
        "  delay-connection,for=1s\n"
        "  ^~~~~~~~~~~~~~~~ use hold-connection");
  CHECK(refusal("throttle-page,by=1MiB/s") ==
        "cannot throttle a page\n"
        "  throttle-page,by=1MiB/s\n"
        "  ^~~~~~~~~~~~~ use throttle-bytes");
  CHECK(refusal("inject-package,on=ping") ==
        "cannot inject a package\n"
        "  inject-package,on=ping\n"
        "  ^~~~~~~~~~~~~~ what can be injected: ping, pong, page-request, shut, resume-ack, switchover-ack, "
        "open-return-path, resume, switchover-start, eof");
  CHECK(refusal("drop-bytes") ==
        "cannot drop bytes\n"
        "  drop-bytes\n"
        "  ^~~~~~~~~~ what goes with it: flip, throttle, stall");
  CHECK(refusal("hold-bytes,for=1s") ==
        "cannot hold bytes\n"
        "  hold-bytes,for=1s\n"
        "  ^~~~~~~~~~ what goes with it: flip, throttle, stall");
  CHECK(refusal("drop-pong,on=packge") ==
        "unknown unit or signal \"packge\" in rule\n"
        "  drop-pong,on=packge\n"
        "               ^~~~~~ did you mean \"package\"?");
  CHECK(refusal("drop-pong,on=page:0x42") ==
        "bad value \"page:0x42\" in rule\n"
        "  drop-pong,on=page:0x42\n"
        "               ^~~~~~~~~ wanted SIGUSR1, SIGUSR2 or a unit such as shut or pong:0x42");
  CHECK(refusal("drop-command,name=lisen") ==
        "unknown command \"lisen\" in rule\n"
        "  drop-command,name=lisen\n"
        "                    ^~~~~ did you mean \"listen\"?");
  CHECK(refusal("drop-command,name=packaged") ==
        "the command PACKAGED is the unit package\n"
        "  drop-command,name=packaged\n"
        "                    ^~~~~~~~ use drop-package");
  CHECK(refusal("set-pong,field=vlue,to=1") ==
        "unknown field \"vlue\" in rule\n"
        "  set-pong,field=vlue,to=1\n"
        "                 ^~~~ did you mean \"value\"?");
  CHECK(refusal("set-pong,field=type,to=0x12345") ==
        "\"0x12345\" does not fit into field \"type\"\n"
        "  set-pong,field=type,to=0x12345\n"
        "                         ^~~~~~~ it is 2 bytes wide");
  CHECK(refusal("flip-pong,field=type,mask=0x010203") ==
        "\"0x010203\" does not fit into field \"type\"\n"
        "  flip-pong,field=type,mask=0x010203\n"
        "                            ^~~~~~~~ it is 2 bytes wide");
  CHECK(refusal("flip-pong,field=payload,mask=1") ==
        "a pong has no payload behind its header\n"
        "  flip-pong,field=payload,mask=1\n"
        "                  ^~~~~~~");
  CHECK(refusal("drop-ping,phase=postcopy-devcie") ==
        "unknown phase \"postcopy-devcie\" in rule\n"
        "  drop-ping,phase=postcopy-devcie\n"
        "                  ^~~~~~~~~~~~~~~ did you mean \"postcopy-device\"?");
  CHECK(refusal("delay-ping,for=1s,for=2s") ==
        "key \"for\" given twice in rule\n"
        "  delay-ping,for=1s,for=2s\n"
        "                    ^~~");
  CHECK(refusal("delay-ping,for") ==
        "key \"for\" without a value in rule\n"
        "  delay-ping,for\n"
        "                ^ for=DURATION");
  CHECK(refusal("delay-ping,for=") ==
        "empty value in rule\n"
        "  delay-ping,for=\n"
        "                 ^ wanted DURATION");
}

TEST_CASE("more that cannot work") {
  const std::pair<const char*, const char*> cases[] = {
      {"", "empty rule"},
      {"drop", "no unit behind the action in rule"},
      {"drop-", "no unit behind the action in rule"},
      {"delay-ping,for=5", "bad value \"5\" in rule"},
      {"delay-ping,until=SIGUSR3", "unknown unit or signal \"SIGUSR3\" in rule"},
      {"delay-ping,until=xyz", "bad value \"xyz\" in rule"},
      {"delay-ping,until=pong:x", "bad value \"pong:x\" in rule"},
      {"delay-package,until=run",
       "delay-package would wait forever: run comes behind it in the same direction"},
      {"blackhole-pong,until=shut",
       "blackhole-pong would wait forever: shut comes behind it in the same direction"},
      {"hold-pong,until=SIGUSR1,jitter=1s", "jitter= needs for="},
      {"flip-pong,mask=1", "flip-pong needs field= or at="},
      {"flip-pong,at=1", "flip-pong needs mask="},
      {"flip-pong,at=1,mask=0", "mask=0 changes nothing"},
      {"set-device,to=1", "set-device needs field= or at="},
      {"set-pong", "set-pong needs to="},
      {"set-pong,to=x", "bad value \"x\" in rule"},
      {"set-page,at=9,to=300", "bad bytes \"300\" in rule"},
      {"truncate-package", "truncate-package needs by="},
      {"throttle-bytes", "throttle-bytes needs by="},
      {"throttle-bytes,by=8MiB", "bad value \"8MiB\" in rule"},
      {"inject-pong", "inject-pong needs on= or phase="},
      {"inject-pong,value=any,on=package", "bad value \"any\" in rule"},
      {"inject-ping,on=package", "inject-ping needs value="},
      {"inject-page-request,on=package", "inject-page-request needs block= and offset="},
      {"reset-connection,after=1,on=SIGUSR1",
       "after= counts from the connection's first byte and goes with neither on= nor phase="},
      {"hold-connection,for=1s,migration=2", "key \"migration\" has no meaning in hold-connection"},
      {"drop-connection", "cannot drop a connection"},
      {"drop-bytes", "cannot drop bytes"},
      {"inject-advise,on=ping", "cannot inject an advise"},
      {"drop-ping,times=0", "bad value \"0\" in rule"},
      {"drop-ping,skip=-1", "bad value \"-1\" in rule"},
      {"drop-ping,chance=2", "bad value \"2\" in rule"},
      {"drop-ping,connection=0", "bad value \"0\" in rule"},
      {"drop-ping,channel=mian", "unknown channel \"mian\" in rule"},
      {"drop-ping,repair=maybe", "bad value \"maybe\" in rule"},
  };
  for (const auto& [text, message] : cases) {
    const auto said = refusal(text);
    CHECK(said.substr(0, said.find('\n')) == message);
  }
}

TEST_CASE("a file of rules: comments, empty lines, and the line of the first error") {
  const auto result = parse_rules_file("# two rules\n\ndrop-pong   # the first\n  hold-ping,for=1s\r\n");
  REQUIRE(std::holds_alternative<std::vector<FaultRule>>(result));
  const auto& rules = std::get<std::vector<FaultRule>>(result);
  REQUIRE(rules.size() == 2);
  CHECK(rules[0].name == "drop-pong");
  CHECK(rules[1].name == "hold-ping,for=1s");

  const auto broken = parse_rules_file("drop-pong\n\n  drop-pnog\ndrop-x");
  REQUIRE(std::holds_alternative<RuleError>(broken));
  CHECK(to_string(std::get<RuleError>(broken)) ==
        "line 3: unknown unit \"pnog\" in rule\n"
        "  drop-pnog\n"
        "       ^~~~ did you mean \"pong\"?");
}

TEST_CASE("control characters of a rule do not reach the terminal, and the caret is where it was") {
  const auto result = mig::proxy::parse_rule("drop-\x1b[31m,value=1");
  CHECK(to_string(std::get<mig::proxy::RuleError>(result)) ==
        "control character in a rule\n  drop-?[31m,value=1\n       ^");
  CHECK(std::holds_alternative<mig::proxy::RuleError>(mig::proxy::parse_rule("drop-device,name=a\x07")));
}
