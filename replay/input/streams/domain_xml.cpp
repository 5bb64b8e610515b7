// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/input/streams/domain_xml.hpp"

#include <algorithm>
#include <array>

namespace mig::replay {
namespace {

constexpr std::size_t max_value = 4096;  // of one value
constexpr std::string_view space = " \t\r\n";

std::string decoded(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, char>, 5> entities = {
      {{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''}}};
  std::string out;
  for (text = text.substr(0, max_value); !text.empty();) {
    const auto* entity = std::find_if(entities.begin(), entities.end(),
                                      [&](const auto& e) { return text.starts_with(e.first); });
    const bool found = entity != entities.end();
    out += found ? entity->second : text.front();
    text.remove_prefix(found ? entity->first.size() : 1);
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  const auto begin = std::min(text.find_first_not_of(space), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(space) + 1);
}

class XmlReader {
 public:
  explicit XmlReader(std::string_view xml) : rest_(xml) {}

  std::vector<XmlElement> read() {
    while (out_.size() < max_elements) {
      const auto open = rest_.find('<');
      if (open == std::string_view::npos) break;
      add_text(rest_.substr(0, open));
      rest_.remove_prefix(open);
      if (!markup()) break;
    }
    return std::move(out_);
  }

 private:
  void add_text(std::string_view text) {
    text = trimmed(text);
    if (text.empty() || open_.empty()) return;
    auto& element = out_[open_.back()];
    if (element.text.size() < max_value) element.text += decoded(text);
  }
  bool skip_past(std::string_view end) {
    const auto at = rest_.find(end);
    if (at == std::string_view::npos) return false;
    rest_.remove_prefix(at + end.size());
    return true;
  }
  bool markup() {
    if (rest_.starts_with("<!--")) return skip_past("-->");
    if (rest_.starts_with("<?") || rest_.starts_with("<!")) return skip_past(">");
    if (!rest_.starts_with("</")) return element();
    if (!open_.empty()) open_.pop_back();
    return skip_past(">");
  }
  bool element() {
    rest_.remove_prefix(1);
    XmlElement out;
    out.name = word(" \t\r\n/>");
    out.depth = open_.size() + 1;
    while (!rest_.empty() && rest_.front() != '>' && rest_.front() != '/') {
      if (!attribute(out)) return false;
    }
    const bool empty = rest_.starts_with('/');
    if (!skip_past(">")) return false;
    if (!empty) open_.push_back(out_.size());
    out_.push_back(std::move(out));
    return true;
  }
  bool attribute(XmlElement& out) {
    const auto name = word(" \t\r\n=/>");
    if (name.empty() || !rest_.starts_with('=') || rest_.size() < 2) return false;
    const auto quote = rest_[1];
    const auto end = rest_.find(quote, 2);
    if ((quote != '\'' && quote != '"') || end == std::string_view::npos) return false;
    out.attributes.emplace_back(name, decoded(rest_.substr(2, end - 2)));
    rest_.remove_prefix(end + 1);
    skip_space();
    return true;
  }
  /// Up to one of `ends`; white space behind it is gone, too.
  std::string_view word(std::string_view ends) {
    const auto size = std::min(rest_.find_first_of(ends), rest_.size());
    const auto out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    skip_space();
    return out;
  }
  void skip_space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(space), rest_.size())); }

  std::string_view rest_;
  std::vector<XmlElement> out_;
  std::vector<std::size_t> open_;  // indices into out_
};

/// "disk vda virtio /images/vda.qcow2": what tells devices of one kind apart.
std::string device_text(const XmlElement* device, const XmlElement* end) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 9> told = {{{"target", "dev"},
                                                                                  {"target", "bus"},
                                                                                  {"model", "type"},
                                                                                  {"mac", "address"},
                                                                                  {"source", "file"},
                                                                                  {"source", "dev"},
                                                                                  {"source", "network"},
                                                                                  {"source", "bridge"},
                                                                                  {"backend", "model"}}};
  auto out = std::string(device->name);
  const auto add = [&](const std::string& word) {
    if (!word.empty()) out += " " + word;
  };
  if (device->name != "disk") add(device->attribute("type"));  // of its image
  for (const auto* name : {"model", "bus", "index"}) add(device->attribute(name));
  for (const auto* inner = device + 1; inner != end; ++inner) {
    for (const auto& [element, attribute] : told) {
      if (inner->depth == device->depth + 1 && inner->name == element) add(inner->attribute(attribute));
    }
  }
  return out;
}

/// The first element behind `from` that is not in it.
const XmlElement* end_of(const XmlElement* from, const XmlElement* last) {
  return std::find_if(from + 1, last, [&](const XmlElement& e) { return e.depth <= from->depth; });
}

void add_devices(const XmlElement* devices, const XmlElement* last, StreamOrigin& origin) {
  const auto* end = end_of(devices, last);
  for (const auto* device = devices + 1; device < end; device = end_of(device, last)) {
    if (device->name != "emulator") origin.devices.push_back(device_text(device, end_of(device, last)));
  }
}

}  // namespace

std::string XmlElement::attribute(std::string_view wanted) const {
  const auto found =
      std::find_if(attributes.begin(), attributes.end(), [&](const auto& a) { return a.first == wanted; });
  return found != attributes.end() ? found->second : std::string();
}

std::vector<XmlElement> xml_elements(std::string_view xml) { return XmlReader(xml).read(); }

void describe_domain(std::string_view xml, StreamOrigin& origin) {
  const auto elements = xml_elements(xml);
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) origin.facts.emplace_back(key, value);
  };
  const auto* last = elements.data() + elements.size();
  std::string_view parent;
  for (const auto* e = elements.data(); e != last; ++e) {
    if (e->depth == 2) {
      parent = e->name;
      if (e->name == "name") add("domain", e->text);
      if (e->name == "uuid") add("uuid", e->text);
      if (e->name == "memory") add("memory", e->text + " " + e->attribute("unit"));
      if (e->name == "vcpu") add("vcpus", e->text);
      if (e->name == "devices") add_devices(e, last, origin);
    } else if (e->depth == 3 && parent == "os" && e->name == "type") {
      add("machine", e->attribute("machine"));
      add("architecture", e->attribute("arch"));
    } else if (e->depth == 3 && parent == "cpu" && e->name == "model") {
      add("cpu", e->text);
    } else if (e->depth == 3 && parent == "devices" && e->name == "emulator") {
      add("emulator", e->text);
    }
  }
}

}  // namespace mig::replay
