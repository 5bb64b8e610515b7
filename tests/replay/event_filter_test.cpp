// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/events/event_filter.hpp"

#include <doctest/doctest.h>

#include <boost/json.hpp>
#include <map>

#include "replay/events/event_list.hpp"
#include "replay/played.hpp"

using namespace mig;
using namespace mig::replay;
using namespace mig::test;
using S = StreamBuilder;
using R = ReturnPathBuilder;
using Lines = std::vector<std::string>;

namespace {

Lines listed(EventFormat&& format, EventListOptions options) {
  char* text = nullptr;
  std::size_t size = 0;
  FILE* out = open_memstream(&text, &size);
  {
    EventList list(out, format, std::move(options));
    Played play({&list});
    play.at(0).connect(0).source(small_guest());
    play.at(10).source(
        S().section_part(1).page("pc.ram", 0).zero_page("", 4096).page("", 8192).eos().footer(1));
    play.at(20).destination(R().pong(1).pong(0x42).request("pc.ram", 0x3000));
    play.end();
  }
  std::fclose(out);
  Lines lines;
  std::string line;
  for (const char c : std::string(text, size)) {
    if (c != '\n') line += c;
    if (c == '\n') lines.push_back(std::exchange(line, {}));
  }
  std::free(text);
  return lines;
}

std::size_t count(const char* expression, bool pages = false) {
  EventListOptions options;
  options.pages = pages;
  options.filter.emplace(expression);
  return listed(EventText(), std::move(options)).size();
}

std::string complaint(const char* expression) {
  try {
    EventFilter{expression};
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("names, fields and what every line has") {
  CHECK(count("pong") == 2);
  CHECK(count("pong && value==0x42") == 1);
  CHECK(count("pong && value==66") == 1);
  CHECK(count("pong && value != 1") == 1);
  CHECK(count("value>=1") == 3);  // PING 1 too; other lines have no value
  CHECK(count("pong || ping") == 3);
  CHECK(count("kind==phase") == 1);
  CHECK(count("kind==unit && time>=0.02") == 3);
  CHECK(count("direction==return-path && !pong") == 1);
  CHECK(count("machine~i440fx") == 1);
  CHECK(count("machine~\"i440fx\" && (ping || configuration)") == 1);
  CHECK(count("channel==preempt") == 0);
  CHECK(count("connection==1") == listed(EventText(), {}).size());
  CHECK(count("migration==1 && packet==2 && off==0") == 1);
}

TEST_CASE("pages are counted, or listed and compared") {
  CHECK(count("page") == 0);
  CHECK(count("pages==2 && zero_pages==1") == 1);
  CHECK(count("page || zero-page", true) == 3);
  CHECK(count("page && offset>=8192", true) == 1);
}

TEST_CASE("what is no expression is refused, at its place") {
  CHECK(complaint("value==") == "filter: expected a value at the end (character 8)");
  CHECK(complaint("(ping") == "filter: expected ) at the end (character 6)");
  CHECK(complaint("ping pong") == "filter: expected && or || at \"pong\" (character 6)");
  CHECK(complaint("\"ping") == "filter: expected a closing quotation mark at \"ping\" (character 2)");
  CHECK(complaint("") != "");
  CHECK(complaint(std::string(1000, '(').c_str()) != "");
}

TEST_CASE("JSON has one object a line, with the keys of migproxy's log") {
  const auto lines = listed(EventJson(), {});
  CHECK(lines.size() == listed(EventText(), {}).size());
  std::map<std::string, boost::json::object> by_event;
  for (const auto& line : lines) {
    const auto object = boost::json::parse(line).as_object();
    by_event[std::string(object.at("event").as_string())] = object;
  }
  CHECK(by_event.at("pages").at("pages") == 2);
  CHECK(by_event.at("pages").at("zero_pages") == 1);
  CHECK(by_event.at("pages").at("page_bytes") == 8192);
  const auto& request = by_event.at("page-request");
  CHECK(request.at("kind") == "unit");
  CHECK(request.at("time").as_double() == doctest::Approx(0.02));
  CHECK(request.at("packet") == 4);
  CHECK(request.at("channel") == "main");
  CHECK(request.at("direction") == "return-path");
  CHECK(request.at("offset") == 16);
  CHECK(request.at("fields").at("offset") == "0x3000");
  CHECK(by_event.at("precopy").at("kind") == "phase");
}

TEST_CASE("a migration's number leaves the others out") {
  EventListOptions options;
  options.migration = 2;
  CHECK(listed(EventText(), std::move(options)).size() == 1);  // the connection
}

TEST_CASE("a field by its path in JSON, and values that a closed set does not have") {
  CHECK(count("pong && fields.value==0x42") == 1);
  CHECK(count("channel==main && kind==unit") > 1);
  CHECK(complaint("channel==mian").find("channel is never \"mian\"") != std::string::npos);
  CHECK(complaint("direction!=back").find("forward return-path") != std::string::npos);
}
