// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/peers/scripted_destination.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "validate/base/errors.hpp"

using boost::system::error_code;

namespace mig::validate {
namespace {

constexpr auto load_time = std::chrono::milliseconds(30);  // of a package: pages and PING 4 go on meanwhile
constexpr std::size_t most_items = 4096;
constexpr std::size_t most_state = 1U << 20U;

template <typename T>
const T* get(const Event& event) {
  return std::get_if<T>(&event.body);
}

bool is(const Event& event, CommandType type) {
  const auto* command = get<Command>(event);
  return command != nullptr && command->type == type;
}

}  // namespace

ScriptedDestination::ScriptedDestination(boost::asio::io_context& io, ScriptedMemory& memory,
                                         ScriptedGuest& guest, PeerState& state)
    : memory_(memory), guest_(guest), state_(state), acceptor_(io), load_timer_(io) {
  guest_.on_missing([this](std::uint32_t page) { request(page); });
}

ScriptedDestination::~ScriptedDestination() {
  if (channel_) channel_->close();
}

StreamEndpoint ScriptedDestination::listen(const std::string& uri) {
  const auto endpoint = endpoint_of(uri);
  try {
    acceptor_.open(endpoint.protocol());
    acceptor_.bind(endpoint);
    acceptor_.listen(1);
  } catch (const boost::system::system_error& error) {
    throw CouldNotRun("cannot listen on " + uri + ": " + error.code().message());
  }
  state_.set(PeerStatus::setup);
  acceptor_.async_accept([this](const error_code& failed, StreamSocket socket) {
    if (!failed) accepted(std::move(socket));
  });
  return acceptor_.local_endpoint();
}

void ScriptedDestination::accepted(StreamSocket socket) {
  error_code ignored;
  acceptor_.close(ignored);
  parser_.emplace(tables_);
  channel_ = std::make_shared<PeerChannel>(
      std::move(socket),
      PeerChannel::Handlers{[this](Bytes bytes) { received(bytes); },
                            [this](const std::string& why) { lost("the source is gone: " + why); },
                            [this](const std::string& why) { lost("cannot answer the source: " + why); }});
  state_.set(PeerStatus::active);
  channel_->start();
}

void ScriptedDestination::received(Bytes bytes) {
  EventSink& sink = *this;
  const auto error = parser_->feed(bytes, sink);
  if (!error || !channel_) return;
  lost("the stream cannot be read at offset " + std::to_string(error->offset) + ": " +
       std::string(explain(error->code)));
}

// After a failure the rest of a chunk may still come: it is nobody's.
void ScriptedDestination::on_event(const Event& event, Bytes raw) {
  if (!channel_) return;
  if (get<PackageBegin>(event) != nullptr) {
    in_package_ = true;
    package_.clear();
  } else if (get<PackageEnd>(event) != nullptr) {
    in_package_ = false;
    load_package();
  } else if (in_package_) {
    on_package_event(event, raw);
  } else {
    on_main_event(event, raw);
  }
}

void ScriptedDestination::on_main_event(const Event& event, Bytes raw) {
  if (const auto* ping = get<Ping>(event)) {
    pong(ping->value);
  } else if (const auto* range = get<DiscardRange>(event)) {
    memory_.discard(range->start, range->length);
  } else if (const auto* page = get<PageRecord>(event)) {
    on_page(*page);
  } else if (const auto* payload = get<Payload>(event); payload != nullptr && !raw.empty()) {
    if (payload->kind == PayloadKind::page) on_page_data(raw);
  } else if (const auto* section = get<SectionHeader>(event)) {
    if (section->type == SectionType::full) fail("a scripted peer loads devices from a package only");
  } else if (const auto* footer = get<SectionFooter>(event)) {
    if (footer->section != footer->expected) lost("missing section footer");
  } else if (get<EndOfStream>(event) != nullptr) {
    stream_ended_ = true;
    complete_if_done();
  }
}

void ScriptedDestination::on_package_event(const Event& event, Bytes raw) {
  if (package_.size() >= most_items) return fail("the package holds more than any machine has");
  if (const auto* section = get<SectionHeader>(event)) {
    package_.emplace_back(
        LoadDevice{std::string(tables_.name(section->idstr)), section->version_id, {}, true});
  } else if (const auto* ping = get<Ping>(event)) {
    package_.emplace_back(AnswerPing{ping->value});
  } else if (is(event, CommandType::postcopy_run)) {
    package_.emplace_back(RunGuest{});
  } else if (auto* device = package_.empty() ? nullptr : std::get_if<LoadDevice>(&package_.back())) {
    if (const auto* footer = get<SectionFooter>(event))
      device->footer_is_right = footer->section == footer->expected;
    if (get<Payload>(event) != nullptr && device->state.size() + raw.size() <= most_state)
      device->state.insert(device->state.end(), raw.begin(), raw.end());
  }
}

void ScriptedDestination::on_page(const PageRecord& page) {
  page_ = static_cast<std::uint32_t>(page.page_offset / ScriptedMemory::page_size);
  page_content_.clear();
  if (page_ >= ScriptedMemory::pages) return fail("a page outside of the memory");
  if (page.encoding == PageEncoding::zero) return page_is_there({});
  if (page.encoding != PageEncoding::plain) fail("a scripted peer knows plain and zero pages only");
}

void ScriptedDestination::on_page_data(Bytes raw) {
  page_content_.insert(page_content_.end(), raw.begin(), raw.end());
  if (page_content_.size() == ScriptedMemory::page_size) page_is_there(page_content_);
}

// In postcopy a page that is there may have been written by the guest since: the copy that comes late is
// dropped.
void ScriptedDestination::page_is_there(Bytes content) {
  const bool postcopy = state_.status >= PeerStatus::postcopy_device;
  if (postcopy && memory_.present(page_)) return;
  if (!memory_.take(page_, content))
    state_.set_error("page " + std::to_string(page_) + " came damaged, which no real destination would see");
  guest_.page_arrived(page_);
}

// All of the package has been read when its first unit is carried out.
void ScriptedDestination::load_package() {
  state_.set(PeerStatus::postcopy_device);
  load_timer_.expires_after(load_time);
  load_timer_.async_wait([this](const error_code& cancelled) {
    if (!cancelled && channel_) load_items();
  });
}

void ScriptedDestination::load_items() {
  for (const auto& item : std::exchange(package_, {})) {
    if (const auto* device = std::get_if<LoadDevice>(&item)) {
      if (!load(*device)) return;
    } else if (const auto* ping = std::get_if<AnswerPing>(&item)) {
      pong(ping->value);
    } else {
      run_guest();
    }
  }
  complete_if_done();
}

bool ScriptedDestination::load(const LoadDevice& device) {
  const auto& known = scripted_devices();
  const auto same = [&](const ScriptedDevice& one) { return one.name == device.name; };
  const auto found = std::find_if(known.begin(), known.end(), same);
  if (found == known.end()) {
    fail("unknown device '" + device.name + "'");
  } else if (found->version != device.version) {
    fail("unsupported version " + std::to_string(device.version) + " of '" + device.name + "', known is " +
         std::to_string(found->version));
  } else if (found->size != device.state.size()) {
    fail("'" + device.name + "' has " + std::to_string(device.state.size()) + " bytes of state, not " +
         std::to_string(found->size));
  } else if (!device.footer_is_right) {
    fail("missing section footer of '" + device.name + "'");
  } else if (device.name == counter_device) {
    guest_.set_counter(load_be32(device.state));
  }
  return channel_ != nullptr;
}

void ScriptedDestination::run_guest() {
  state_.set(PeerStatus::postcopy_active);
  if (!autostart_) return state_.set_run_state("paused");
  guest_.run();
  state_.set_run_state("running");
}

// Before the package said RUN it only takes back the wish to wait.
void ScriptedDestination::allow_run() {
  autostart_ = true;
  if (state_.run_state != "paused") return;
  guest_.run();
  state_.set_run_state("running");
}

void ScriptedDestination::request(std::uint32_t page) {
  if (!channel_) return;
  const auto* block = std::exchange(asked_before_, true) ? "" : ScriptedMemory::block;
  channel_->send(page_request_message(block, std::uint64_t{page} * ScriptedMemory::page_size,
                                      ScriptedMemory::page_size));
}

void ScriptedDestination::complete_if_done() {
  if (!stream_ended_ || state_.status != PeerStatus::postcopy_active) return;
  state_.set(PeerStatus::completed);
  channel_->send(shut_message(0));
  hang_up();
}

void ScriptedDestination::hang_up() {
  load_timer_.cancel();
  channel_->close();
  channel_.reset();
}

void ScriptedDestination::fail(const std::string& why) {
  if (!channel_) return;
  state_.set_error(why);
  channel_->send(shut_message(1));
  hang_up();
  state_.set(PeerStatus::failed);
}

// Who runs the guest already keeps it and waits for a recovery.
void ScriptedDestination::lost(const std::string& why) {
  if (!channel_) return;
  if (state_.status != PeerStatus::postcopy_active) return fail(why);
  state_.set_error(why);
  hang_up();
  state_.set(PeerStatus::postcopy_paused);
}

}  // namespace mig::validate
