// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/report/trace_words.hpp"

#include "common/quantities.hpp"
#include "mig/describe.hpp"
#include "proxy/report/summary.hpp"
#include "proxy/report/words.hpp"

namespace mig::proxy {
namespace {

bool is_bad_news(Notice notice) {
  return notice == Notice::two_runners_possible || notice == Notice::destination_reported_error;
}

Tone tone_of(Decision decision) {
  switch (decision) {
    case Decision::held:
    case Decision::released:
    case Decision::delayed:
    case Decision::throttled: return Tone::yellow;
    default: return Tone::red;
  }
}

std::string page_text(const PageRun& run) {
  std::string text;
  if (run.pages != 0) {
    text = "RAM pages " + count_text(run.pages) + " (" + bytes_text(run.page_bytes) + ")";
  }
  if (run.zero_pages != 0) {
    text += (text.empty() ? "" : ", ") + std::string("zero pages ") + count_text(run.zero_pages);
  }
  return text;
}

std::string ending_text(const Closed& closed) {
  switch (closed.ending) {
    case Ending::orderly: return "closed, both sides have ended";
    case Ending::reset: return "reset by the " + std::string(sender(closed.from));
    case Ending::fault: return "closed by a rule";
    case Ending::stopped: return "closed, migproxy ends";
  }
  return {};
}

/// One overload for each kind of event.
struct Wording {
  const std::vector<std::string>& rules;

  TraceWords operator()(const Opened& opened) const {
    return {"+", Tone::dim, "connection from " + printable(to_string(opened.source)), {}, {}};
  }
  TraceWords operator()(const Connected& connected) const {
    return {"+", Tone::dim, "passed on to " + printable(to_string(connected.destination)), {}, {}};
  }
  TraceWords operator()(const Refused& refused) const {
    return {"!", Tone::red, "the destination refused the connection: " + printable(refused.why), {}, {}};
  }
  TraceWords operator()(const Closed& closed) const {
    return {
        "-", closed.ending == Ending::orderly ? Tone::dim : Tone::yellow, ending_text(closed), Tone::dim,
        "  (--> " + bytes_text(closed.traffic.sent[0]) + ", <-- " + bytes_text(closed.traffic.sent[1]) + ")"};
  }
  TraceWords operator()(const UnitDone& done) const {
    TraceWords words{{}, Tone::plain, describe_unit(done.note.event, tables_of(done.who)), {}, {}};
    if (done.note.decision == Decision::forwarded) return words;
    words.aside_tone = tone_of(done.note.decision);
    words.aside = "   <" + decision_text(done.note, rules) + ">";
    return words;
  }
  TraceWords operator()(const PagesDone& done) const {
    return {{}, Tone::plain, page_text(done.run), {}, {}};
  }
  TraceWords operator()(const NoticeRaised& raised) const {
    const auto* migration = raised.who.migration;
    const auto text =
        migration != nullptr ? notice_text(raised.notice, *migration) : std::string(explain(raised.notice));
    return {"===", is_bad_news(raised.notice) ? Tone::red : Tone::bold, text, {}, {}};
  }
  TraceWords operator()(const Judged& judged) const {
    const auto outcome = judged.verdict.outcome;
    const bool good = outcome == Outcome::migrated || outcome == Outcome::recovered;
    return {"===", good ? Tone::bold : Tone::red, verdict_text(judged.verdict), {}, {}};
  }
  TraceWords operator()(const Warned& warned) const {
    return {"!", Tone::yellow, printable(warned.text), {}, {}};
  }
  TraceWords operator()(const Signalled& signalled) const {
    return {"*", Tone::bold, std::string(signalled.name), {}, {}};
  }
  TraceWords operator()(const BytesMoved& /*bytes*/) const { return {}; }
  TraceWords operator()(const LegEnded& /*leg*/) const { return {}; }
};

}  // namespace

TraceWords words_of(const RelayEvent& event, const std::vector<std::string>& rules) {
  return std::visit(Wording{rules}, event);
}

}  // namespace mig::proxy
