// SPDX-License-Identifier: GPL-2.0-or-later
// Logs that are not whole, and logs that nobody wrote: what can be read is told, the rest is said, nothing
// escapes.
#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>

#include "log/through_log.hpp"
#include "replay/redact/redact_file.hpp"

using namespace mig::test;
namespace json = boost::json;

namespace {

const std::string& whole_log() {
  static const auto text = run_with_log(MIG_SAMPLES "/03-postcopy-11.1-11.1.pcap.zst", {}, false).text;
  return text;
}

std::string summary_of(const std::string& text, std::string& warning) {
  return json::serialize(read_log_text(text, warning));
}

/// The start of a log, and lines behind it.
std::string with_start(const std::string& lines) {
  return R"({"time_us":1,"wall":"2025-03-04T10:11:12.558966Z","kind":"start","event":"started","listen":"127.0.0.1:4444","rules":[],"log_pages":false})"
         "\n"
         R"({"time_us":2,"kind":"connection","event":"opened","connection":1,"channel":"unknown","peer":"127.0.0.1:38774"})"
         "\n" +
         lines;
}

std::string unit(const std::string& rest) {
  return R"({"time_us":3,"kind":"unit","connection":1,"direction":"forward","decision":"forwarded",)" + rest +
         "}\n";
}

}  // namespace

TEST_CASE("a log without its end: what is there is told, and that there is no more") {
  const auto& text = whole_log();
  const auto middle = text.find('\n', text.find("\"package-end\"")) + 1;
  std::string warning;
  auto told = summary_of(text.substr(0, middle), warning);
  CHECK(warning.find("ends without its summary") != std::string::npos);
  CHECK(told.find("\"complete\":false") != std::string::npos);
  CHECK(told.find("\"package_lengths\":[1") != std::string::npos);
  const auto lines = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(middle), '\n');
  told = summary_of(text.substr(0, middle + 20), warning);
  CHECK(warning.starts_with("run.log:" + std::to_string(lines + 1) + ": the line is cut short"));
  CHECK(told.find("\"package_lengths\":[1") != std::string::npos);
}

TEST_CASE("lines that cannot be: file and line are named, what stood before is told") {
  const std::string header = unit(R"("event":"file-header","offset":0,"length":8,"fields":{"version":3})");
  const std::pair<std::string, std::string> cases[] = {
      {"nonsense\n", "run.log:4: not a line of a log"},
      {"[1]\n", "run.log:4: not a line of a log"},
      {R"({"kind":"unit"})"
       "\n",
       "run.log:4: no time_us"},
      {unit(R"("event":"ping","offset":4,"length":9,"fields":{"value":"0x1"})"), "offset 4 lies before 8"},
      {unit(R"("event":"ping","offset":8,"length":9,"fields":{})"),
       "the fields of this ping are not complete"},
      {unit(R"("event":"ping","offset":8,"length":99,"fields":{"value":"0x1"})"), "not complete"},
      {unit(R"("event":"ping","offset":8,"length":9,"fields":{"value":"0x1ffffffff"})"), "not complete"},
      {unit(R"("event":"ping","offset":18446744073709551615,"length":9,"fields":{"value":"0x1"})"),
       "more than a unit can have"},
      {unit(R"("event":"ping","offset":8,"length":18446744073709551615,"fields":{"value":"0x1"})"),
       "no header is"},
      {unit(R"("event":"ping","offset":"x","length":9,"fields":{"value":"0x1"})"), "no offset and length"},
      {R"({"time_us":3,"kind":"pages","connection":1,"direction":"forward","offset":8,"length":18446744073709551000,"pages":1})"
       "\n",
       "no run of pages"},
      {R"({"time_us":3,"kind":"pages","connection":1,"direction":"forward","offset":8,"length":10,"pages":1,"page_bytes":4096})"
       "\n",
       "do not fit its length"},
      {R"({"time_us":3,"kind":"unit","event":"ping","connection":2,"direction":"forward"})"
       "\n",
       "a connection that is not open"},
      {R"({"time_us":3,"kind":"connection","event":"opened","connection":7})"
       "\n",
       "not opened in their order"},
      {R"({"time_us":3,"kind":"connection","event":"closed","connection":1,"forward_bytes":18446744073709551615})"
       "\n",
       "more than a unit can have"},
      {std::string(2U << 20, 'x'), "a line longer than"},
  };
  for (const auto& [line, expected] : cases) {
    CAPTURE(line.substr(0, 200));
    std::string warning;
    const auto told = read_log_text(with_start(header + line), warning);
    CAPTURE(warning);
    CHECK(warning.starts_with("run.log:4: "));
    CHECK(warning.find(expected) != std::string::npos);
    CHECK(told.at("migrations").as_array().size() == 1);
  }
}

TEST_CASE("what is no log of ours is refused by its first line") {
  for (const auto* line : {R"({"time_us":1,"kind":"unit"})"
                           "\n",
                           R"({"time_us":1,"kind":"start"})"
                           "\n"}) {
    std::string warning;
    CHECK_THROWS_WITH_AS(static_cast<void>(read_log_text(line, warning)), doctest::Contains("run.log:1: "),
                         std::runtime_error);
  }
}

TEST_CASE("what needs contents refuses a log, and says what has them") {
  const std::string file = "/tmp/migwire-log-" + std::to_string(::getpid());
  std::ofstream(file) << whole_log();
  CHECK_THROWS_WITH_AS(static_cast<void>(mig::replay::redact_file(file, file + ".redacted")),
                       doctest::Contains("migproxy --record"), std::runtime_error);
  CHECK_FALSE(std::filesystem::exists(file + ".redacted"));
  std::filesystem::remove(file);
}

TEST_CASE("contents are not invented: zeros where a header should stand are missing bytes") {
  std::string warning;
  // 100 bytes that no line tells of, where an element begins: a 0 read there would end the stream.
  const auto told =
      read_log_text(with_start(unit(R"("event":"file-header","offset":0,"length":8,"fields":{"version":3})") +
                               unit(R"("event":"ping","offset":108,"length":9,"fields":{"value":"0x1"})")),
                    warning);
  const auto& m = told.at("migrations").as_array().at(0).as_object();
  CHECK(m.at("missing_bytes").to_number<int>() == 100);
  CHECK_FALSE(m.at("eof_seen").as_bool());
}

TEST_CASE("what a log claims to have carried costs nothing: the work is that of its lines") {
  constexpr std::uint64_t claimed = 60ULL << 30;
  const auto at = [](std::uint64_t offset) { return R"("offset":)" + std::to_string(offset) + ","; };
  std::string lines = unit(R"("event":"file-header","offset":0,"length":8,"fields":{"version":3})");
  lines += unit(R"("event":"configuration","offset":8,"length":7,"fields":{"machine":"pc"})");
  constexpr int sections = 200;
  std::uint64_t offset = 15;
  for (int i = 0; i < sections; ++i) {
    lines += unit(
        R"("event":"section",)" + at(offset) +
        R"("length":20,"fields":{"type":"FULL","section_id":3,"idstr":"serial","instance_id":0,"version_id":3})");
    offset += 20 + claimed;
    lines += unit(R"("event":"footer",)" + at(offset) + R"("length":5,"fields":{"section_id":3})");
    offset += 5;
  }
  const auto text = with_start(lines);
  std::string warning;
  const auto told = read_log_text(text, warning);
  const auto& m = told.at("migrations").as_array().at(0).as_object();
  CHECK(m.at("bytes_by_kind").at("device_state").to_number<std::uint64_t>() == sections * claimed);
  CHECK(m.at("missing_bytes").to_number<int>() == 0);
  CHECK(events_of_log(text) <= 5 * sections);
}

TEST_CASE("a unit that was let go before its contents ended: the rest follows it") {
  const std::string section =
      R"("event":"section","offset":8,"length":20,"fields":{"type":"FULL","section_id":3,"idstr":"serial","instance_id":0,"version_id":3})";
  const auto decided = [&](std::string_view decision) {
    auto line = unit(section);
    return line.replace(line.find("forwarded"), 9, decision);
  };
  const auto bytes_of = [&](const std::string& lines) {
    std::string warning;
    const auto told = read_log_text(
        with_start(unit(R"("event":"file-header","offset":0,"length":8,"fields":{"version":3})") + lines +
                   unit(R"("event":"footer","offset":128,"length":5,"fields":{"section_id":3})")),
        warning);
    return json::serialize(told.at("migrations").as_array().at(0).at("channels"));
  };
  const auto at_once = bytes_of(unit(section));
  CHECK(at_once.find("\"bytes_forward\":133") != std::string::npos);
  const auto let_go = bytes_of(decided("held") + decided("released"));
  CHECK(let_go.substr(let_go.find("bytes_forward")) == at_once.substr(at_once.find("bytes_forward")));
}

TEST_CASE("a wall clock of another age does not overflow") {
  for (const auto* wall :
       {"9999-12-31T00:00:00.000000Z", "0001-01-01T00:00:00Z", "2025-03-04T10:11:12.9223372036854775807Z"}) {
    auto text = with_start(unit(R"("event":"file-header","offset":0,"length":8,"fields":{"version":3})"));
    text.replace(text.find("2025-03-04T10:11:12.558966Z"), 27, wall);
    std::string warning;
    CHECK(read_log_text(text, warning).at("migrations").as_array().size() == 1);
  }
}

TEST_CASE("mutated logs: no crash, no exception") {
  std::mt19937 random(42);
  for (int i = 0; i < 150; ++i) {
    auto text = whole_log();
    const auto first = text.find('\n') + 1;
    for (int n = 0; n < 3; ++n) {
      const auto at = first + random() % (text.size() - first);
      switch (random() % 4) {
        case 0: text[at] = static_cast<char>('0' + random() % 10); break;
        case 1: text.erase(at, random() % 300); break;
        case 2: text.insert(at, text.substr(first + random() % (text.size() - first), 200)); break;
        default: text[at] = static_cast<char>(random()); break;
      }
    }
    std::string warning;
    CHECK_NOTHROW(static_cast<void>(read_log_text(text, warning)));
  }
}
