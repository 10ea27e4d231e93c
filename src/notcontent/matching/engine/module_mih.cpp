// notcontent.matching._engine: the large index and the tables that its files hold.
#include <algorithm>
#include <cstring>
#include <numeric>
#include <system_error>

#include "bank_calls.hpp"
#include "living.hpp"

namespace notcontent {
namespace {

using Bytes = nb::ndarray<nb::numpy, const std::uint8_t, nb::ndim<1>>;

// A table that Python may hold and save.
struct SharedTable {
  std::shared_ptr<const MihTable> table;
};

// Rows in the engine's order of bits, brought into the order of their ids.
std::shared_ptr<const MihTable> built(std::vector<Words>&& rows, std::optional<std::vector<std::uint32_t>>&& given,
                                      unsigned threads) {
  std::vector<std::uint32_t> ids = given ? std::move(*given) : Numbering().next(rows.size());
  std::vector<std::uint32_t> order;
  if (!std::is_sorted(ids.begin(), ids.end())) {
    order.resize(ids.size());
    std::iota(order.begin(), order.end(), 0U);
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return ids[a] < ids[b]; });
    std::vector<std::uint32_t> sorted(ids.size());
    for (std::size_t i = 0; i < order.size(); ++i) sorted[i] = ids[order[i]];
    ids.swap(sorted);
  }
  if (std::adjacent_find(ids.begin(), ids.end()) != ids.end()) throw DuplicateId("an id was given twice");

  std::shared_ptr<Memory> memory = Memory::zeroed(rows.size() * kRowBytes);
  auto* to = reinterpret_cast<Words*>(memory->data());
  for (std::size_t i = 0; i < rows.size(); ++i) to[i] = rows[order.empty() ? i : order[i]];
  std::vector<Words>().swap(rows);
  return std::make_shared<const MihTable>(std::move(ids), std::move(memory), threads);
}

SharedTable build_table(const RowArray& rows, const std::optional<IdArray>& ids, unsigned threads) {
  check_threads(threads);
  check_lengths(rows, ids);
  std::vector<Words> words = permuted_rows(rows);
  std::optional<std::vector<std::uint32_t>> given = copied(ids);
  nb::gil_scoped_release released;
  return {built(std::move(words), std::move(given), threads)};
}

SharedTable map_table(int descriptor, std::size_t bytes, const std::vector<std::size_t>& offsets, std::size_t count,
                      bool dense_ids, bool populate) {
  if (offsets.size() != kSections) throw std::invalid_argument("one offset a section");
  if (count >= IdTable::kNoRow) throw std::invalid_argument("too many rows");
  std::array<std::size_t, kSections> places{};
  std::copy(offsets.begin(), offsets.end(), places.begin());
  nb::gil_scoped_release released;
  return {std::make_shared<const MihTable>(Memory::of_file(descriptor, bytes, populate), places, count, dense_ids)};
}

std::vector<std::size_t> section_lengths(std::size_t count, bool dense_ids) {
  const Layout layout(count, dense_ids);
  return {layout.bytes.begin(), layout.bytes.end()};
}

Bytes section(nb::handle self, std::size_t which) {
  const MihTable& table = *nb::cast<const SharedTable&>(self).table;
  if (which >= kSections) throw std::invalid_argument("no such section");
  const std::size_t shape[1] = {table.layout().bytes[which]};
  return Bytes(table.section(static_cast<Section>(which)), 1, shape, self);
}

using RowsTuple = std::tuple<nb::ndarray<nb::numpy, std::uint8_t, nb::ndim<2>>, Answer<std::uint32_t>>;

// Hand rows and their ids to NumPy.
RowsTuple answer_rows(std::vector<Words>&& words, std::vector<std::uint32_t>&& ids) {
  auto rows = std::make_unique<std::vector<Words>>(std::move(words));
  auto* data = reinterpret_cast<std::uint8_t*>(rows->data());
  const std::size_t shape[2] = {rows->size(), kRowBytes};
  nb::capsule owner(rows.get(), [](void* p) noexcept { delete static_cast<std::vector<Words>*>(p); });
  rows.release();
  return {nb::ndarray<nb::numpy, std::uint8_t, nb::ndim<2>>(data, 2, shape, owner), answer(std::move(ids))};
}

// The rows as they came, by ascending id.
RowsTuple rows_of(const SharedTable& shared) {
  const MihTable& table = *shared.table;
  std::vector<Words> rows(table.size());
  std::vector<std::uint32_t> ids(table.size());
  {
    nb::gil_scoped_release released;
    for (std::size_t r = 0; r < table.size(); ++r) {
      Words words;
      std::memcpy(words.data(), table.row(r), kRowBytes);
      rows[r] = restored(words);
      ids[r] = table.id(r);
    }
  }
  return answer_rows(std::move(rows), std::move(ids));
}

// Those of the rows that are held, as they came.
RowsTuple held_rows(const Living& bank, const IdArray& ids) {
  const std::vector<std::uint32_t> wanted(ids.data(), ids.data() + ids.size());
  std::pair<std::vector<std::uint32_t>, std::vector<Words>> found;
  {
    nb::gil_scoped_release released;
    found = bank.held(wanted);
    for (Words& words : found.second) words = restored(words);
  }
  return answer_rows(std::move(found.second), std::move(found.first));
}

ScoredTuple search_weighted(const Living& bank, const RowArray& values, const WeightArray& log_odds, double threshold,
                            unsigned threads) {
  check_threads(threads);
  const std::vector<WeightedQuery> queries = weighted_queries(values, log_odds);
  Scored scored;
  {
    nb::gil_scoped_release released;
    scored = bank.search_weighted(queries, threshold, threads);
  }
  return answer(std::move(scored));
}

using CandidatesTuple = std::tuple<Answer<std::uint32_t>, Answer<float>, Answer<std::uint32_t>, std::size_t>;

CandidatesTuple search_estimates(const Living& bank, const RowArray& values, const WeightArray& log_odds,
                                 double threshold, const IdArray& leading, double hint, double chunk_nats,
                                 double both_nats, std::size_t most, unsigned threads) {
  check_threads(threads);
  const Leads leads{{leading.data(), leading.data() + leading.size()}, hint};
  for (const std::uint32_t look : leads.looks) {
    if (look >= values.shape(0)) throw std::invalid_argument("no such look");
  }
  if (!(hint <= threshold)) throw std::invalid_argument("a hint is at most the threshold");
  if (values.shape(0) > kMostLooks) throw std::invalid_argument("too many looks");
  if (!(chunk_nats >= 0 && chunk_nats <= kMostNats)) throw std::invalid_argument("0 to 12 nats a chunk");
  if (!(both_nats >= chunk_nats && both_nats <= 2 * kMostNats)) throw std::invalid_argument("up to 24 nats for both");
  const std::vector<WeightedQuery> looks = weighted_queries(values, log_odds);
  Candidates best;
  {
    nb::gil_scoped_release released;
    best = bank.search_estimates(looks, threshold, leads, GuessLimits(chunk_nats, both_nats), most, threads);
  }
  return {answer(std::move(best.ids)), answer(std::move(best.scores)), answer(std::move(best.looks)), best.left_out};
}

bool tidy(Living& bank, unsigned threads) {
  check_threads(threads);
  nb::gil_scoped_release released;
  return bank.tidy(threads);
}

std::optional<SharedTable> merge(Living& bank, unsigned threads) {
  check_threads(threads);
  nb::gil_scoped_release released;
  std::shared_ptr<const MihTable> table = bank.merge(threads);
  if (!table) return std::nullopt;
  return SharedTable{std::move(table)};
}

}  // namespace

void bind_mih(nb::module_& m) {
  m.attr("TABLE_ROWS") = kTableRows;
  m.def("section_lengths", &section_lengths, "count"_a, "dense_ids"_a);

  nb::class_<SharedTable>(m, "Table")
      .def_static("build", &build_table, "rows"_a.noconvert(), "ids"_a.noconvert().none(), "threads"_a)
      .def_static("map", &map_table, "descriptor"_a, "bytes"_a, "offsets"_a, "count"_a, "dense_ids"_a, "populate"_a)
      .def("__len__", [](const SharedTable& shared) { return shared.table->size(); })
      .def(
          "section", [](nb::object self, std::size_t which) { return section(self, which); }, "which"_a)
      .def("rows", &rows_of);

  nb::class_<Living>(m, "Living")
      .def(
          "__init__",
          [](Living* self, std::string_view instruction_set, const std::vector<SharedTable>& tables) {
            std::vector<std::shared_ptr<const MihTable>> held;
            for (const SharedTable& each : tables) held.push_back(each.table);
            new (self) Living(kernels_named(instruction_set), held);
          },
          "instruction_set"_a, "tables"_a)
      .def("__len__", &Living::size)
      .def("add", &add_rows<Living, permuted_rows>, "rows"_a.noconvert(), "ids"_a.noconvert().none())
      .def("remove", &remove_rows<Living>, "ids"_a.noconvert())
      .def("search", &search_bank<Living, permuted_words>, "queries"_a.noconvert(), "radius"_a.noconvert(),
           "threads"_a.noconvert())
      .def("search_weighted", &search_weighted, "values"_a.noconvert(), "log_odds"_a.noconvert(), "threshold"_a,
           "threads"_a)
      .def("search_estimates", &search_estimates, "values"_a.noconvert(), "log_odds"_a.noconvert(), "threshold"_a,
           "leads"_a.noconvert(), "hint"_a, "chunk_nats"_a, "both_nats"_a, "most"_a, "threads"_a)
      .def("rows", &held_rows, "ids"_a.noconvert())
      .def("overdue", &Living::overdue)
      .def("tidy", &tidy, "threads"_a)
      .def("merge", &merge, "threads"_a)
      .def_prop_ro("tables", &Living::table_count);
}

}  // namespace notcontent
