// The C++ side of the language matrix, by the RAII types: `peer produce RING CASES CAPACITY` or `peer read RING`.
#include "case.h"

#include <fstream>
#include <iostream>
#include <sstream>

namespace {

using Bytes = std::vector<std::uint8_t>;

std::string text_of(const std::string &hex) {
  std::string out(hex.size() / 2 + 1, '\0');
  out.resize(from_hex(hex.data(), hex.size(), out.data()));
  return out;
}

void set_entry(framelane::Loan &loan, const std::string &entry) {
  std::istringstream fields(entry);
  std::string key_hex, type, value;
  std::getline(fields, key_hex, ':');
  std::getline(fields, type, ':');
  std::getline(fields, value);
  std::string key = text_of(key_hex);
  switch (std::stoi(type)) {
    case FL_META_BOOL: loan.set(key, value == "1"); break;
    case FL_META_INT: loan.set(key, static_cast<std::int64_t>(std::stoll(value))); break;
    case FL_META_FLOAT: {
      std::uint64_t bits = std::stoull(value, nullptr, 16);
      double number;
      memcpy(&number, &bits, sizeof number);
      loan.set(key, number);
      break;
    }
    case FL_META_TEXT: loan.set(key, text_of(value)); break;
    default: {
      std::string bytes = text_of(value);
      loan.set(key, Bytes(bytes.begin(), bytes.end()));
    }
  }
}

void publish_case(framelane::Publisher &ring, const test_case &wanted) {
  const std::uint32_t *strides = wanted.strides[0] != 0 ? wanted.strides : nullptr;
  framelane::Loan loan = ring.loan(wanted.format, wanted.width, wanted.height, 20000, strides);
  if (!loan) throw std::runtime_error("no slot became free");
  for (std::uint32_t plane = 0; plane < loan.raw().planes; plane++) {
    paint_plane(loan.data(plane), plane, loan.stride(plane), loan.row_bytes(plane), loan.rows(plane), wanted.seed);
  }
  loan.raw().capture_time = wanted.capture_time;
  memcpy(loan.raw().area, wanted.area, sizeof wanted.area);
  std::istringstream entries(wanted.metadata);
  for (std::string entry; std::getline(entries, entry, ';');) {
    if (entry != "-") set_entry(loan, entry);
  }
  loan.publish();
}

void produce(const std::string &name, const char *path, std::uint64_t capacity) {
  fl_publisher_options options = {};
  options.capacity = capacity;
  options.slots = 16;
  options.lossless = true;
  framelane::Publisher ring(name, options);
  say("open");
  told();
  std::ifstream cases(path);
  test_case wanted;
  for (std::string line; std::getline(cases, line);) {
    if (!parse_case(line.c_str(), &wanted)) throw std::runtime_error(line);
    publish_case(ring, wanted);
  }
  say("done");
  told();
}

template <class T> T need(const framelane::Frame &frame, const std::string &key) {
  std::optional<T> value = frame.get<T>(key);
  if (!value) throw std::runtime_error("metadata \"" + key + "\" is not of the type it said");
  return *value;
}

void print_value(const framelane::Frame &frame, int type, const std::string &key) {
  switch (type) {
    case FL_META_BOOL: printf("%d", need<bool>(frame, key)); break;
    case FL_META_INT: printf("%" PRId64, need<std::int64_t>(frame, key)); break;
    case FL_META_FLOAT: {
      std::uint64_t bits;
      double number = need<double>(frame, key);
      memcpy(&bits, &number, sizeof bits);
      printf("%016" PRIx64, bits);
      break;
    }
    case FL_META_TEXT: {
      std::string text = need<std::string>(frame, key);
      print_hex(text.data(), text.size());
      break;
    }
    default: {
      Bytes bytes = need<Bytes>(frame, key);
      print_hex(bytes.data(), bytes.size());
    }
  }
}

void print_frame(const framelane::Frame &frame) {
  print_facts(&frame.raw());
  printf("\"sums\":[");
  for (std::uint32_t plane = 0; plane < frame.planes(); plane++) {
    printf("%s%u", plane > 0 ? "," : "",
           plane_sum(frame.data(plane), frame.stride(plane), frame.row_bytes(plane), frame.rows(plane)));
  }
  printf("],\"metadata\":\"%s", frame.raw().metadata_bytes == 0 ? "-" : "");
  fl_metadata_entry entry;
  for (std::uint32_t at = 0; fl_metadata_next(&frame.raw(), &at, &entry) == FL_OK;) {
    print_hex(entry.key, entry.key_bytes);
    printf(":%d:", entry.type);
    print_value(frame, entry.type, std::string(entry.key, entry.key_bytes));
    if (at < frame.raw().metadata_bytes) printf(";");
  }
  say("\"}");
}

void read_all(const std::string &name) {
  fl_subscriber_options options = {};
  options.lossless = FL_LOSSLESS;
  framelane::Subscriber ring(name, options, 20000);
  say("attached");
  while (framelane::Frame frame = ring.next(20000)) print_frame(frame);
  if (!ring.closed()) throw std::runtime_error("no frame in time");
  printf("{\"missed\":%" PRIu64 "}\n", ring.missed());
}

}  // namespace

int main(int count, char **words) try {
  std::string verb = count > 2 ? words[1] : "";
  if (verb == "produce" && count == 5) produce(words[2], words[3], std::stoull(words[4]));
  else if (verb == "read" && count == 3) read_all(words[2]);
  else throw std::runtime_error("usage: peer produce RING CASES CAPACITY | peer read RING");
  return 0;
} catch (const std::exception &error) {
  std::cerr << error.what() << '\n';
  return 1;
}
