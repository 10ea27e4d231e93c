#include "living.hpp"

#include <algorithm>
#include <cstring>
#include <unordered_map>
#include <unordered_set>

#include "crew.hpp"

namespace notcontent {
namespace {

constexpr std::size_t kJoinBelow = 4;  // a table joins the next one when it is less than this many times as large
constexpr std::size_t kDeadShare = 4;  // a table is written anew when one in so many of its rows left
constexpr std::size_t kQueriesPerThread = 64;
constexpr std::size_t kSpanRows = 4096;  // scored in one piece of work: some tenths of a millisecond

// The living rows of some tables and a pile, by ascending id.
struct Gathered {
  std::vector<std::uint32_t> ids;
  std::shared_ptr<Memory> rows;
};

// One source of rows by ascending id.
class Source {
 public:
  explicit Source(const MihPart& part) : part_(&part) { skip_dead(); }
  explicit Source(const Chunks& pile) : pile_(&pile), order_(pile.size()) {
    for (std::size_t r = 0; r < order_.size(); ++r) order_[r] = std::uint64_t{pile.id(r)} << 32 | r;
    std::sort(order_.begin(), order_.end());
  }

  bool ended() const { return next_ == (part_ ? part_->table->size() : order_.size()); }
  std::uint32_t id() const { return part_ ? part_->table->id(next_) : static_cast<std::uint32_t>(order_[next_] >> 32); }
  void copy_row(std::byte* to) const {
    if (part_) {
      std::memcpy(to, part_->table->row(next_), kRowBytes);
    } else {
      const Words words = pile_->row(static_cast<std::uint32_t>(order_[next_]));
      std::memcpy(to, words.data(), kRowBytes);
    }
  }
  void advance() {
    ++next_;
    if (part_) skip_dead();
  }

 private:
  void skip_dead() {
    while (next_ < part_->table->size() && part_->dead->has(next_)) ++next_;
  }

  const MihPart* part_ = nullptr;
  const Chunks* pile_ = nullptr;
  std::vector<std::uint64_t> order_;  // of a pile: id, then row
  std::size_t next_ = 0;
};

Gathered gather(const MihPart* first, const MihPart* last, const Chunks& pile) {
  std::vector<Source> sources;
  std::size_t count = pile.size();
  for (const MihPart* part = first; part != last; ++part) {
    sources.emplace_back(*part);
    count += part->live();
  }
  sources.emplace_back(pile);

  Gathered all{{}, Memory::zeroed(count * kRowBytes)};
  all.ids.reserve(count);
  std::byte* to = all.rows->data();
  for (;;) {
    Source* next = nullptr;
    for (Source& source : sources) {
      if (!source.ended() && (next == nullptr || source.id() < next->id())) next = &source;
    }
    if (next == nullptr) return all;
    all.ids.push_back(next->id());
    next->copy_row(to);
    next->advance();
    to += kRowBytes;
  }
}

void append(std::vector<Hits>& all, std::vector<Hits>&& some) {
  for (Hits& hits : some) {
    if (!hits.empty()) all.push_back(std::move(hits));
  }
}

}  // namespace

std::size_t Living::State::size() const {
  std::size_t sum = frozen->size() + fresh->size();
  for (const MihPart& part : parts) sum += part.live();
  return sum;
}

Living::Living(const Kernels& kernels, const std::vector<std::shared_ptr<const MihTable>>& tables) : kernels_(kernels) {
  auto state = std::make_shared<State>();
  for (const std::shared_ptr<const MihTable>& table : tables) {
    if (table->size() == 0) continue;
    numbering_.saw(table->id(table->size() - 1));
    state->parts.push_back({table, std::make_shared<const DeadRows>()});
  }
  current_ = std::move(state);
}

std::shared_ptr<const Living::State> Living::now() const {
  const std::lock_guard<std::mutex> guard(publish_lock_);
  return current_;
}

void Living::publish(std::shared_ptr<const State> next) noexcept {
  const std::lock_guard<std::mutex> guard(publish_lock_);
  current_.swap(next);
}

bool Living::holds_in_tables(const State& state, std::uint32_t id) const {
  for (const MihPart& part : state.parts) {
    const std::optional<std::uint32_t> row = part.table->find(id);
    if (row && !part.dead->has(*row)) return true;
  }
  return false;
}

std::vector<std::uint32_t> Living::add(const std::vector<Words>& rows,
                                       std::optional<std::vector<std::uint32_t>> given) {
  const std::lock_guard<std::mutex> guard(write_lock_);
  std::vector<std::uint32_t> ids = given ? std::move(*given) : numbering_.next(rows.size());
  auto next = std::make_shared<State>(*now());
  for (const std::uint32_t id : ids) {
    if (numbering_.is_fresh(id)) continue;  // larger than any id so far
    if (frozen_.holds(id) || holds_in_tables(*next, id)) throw DuplicateId("an id is held already");
  }
  fresh_.add(rows, ids);
  for (const std::uint32_t id : ids) numbering_.saw(id);
  next->fresh = fresh_.now();
  publish(std::move(next));
  return ids;
}

std::size_t Living::remove(const std::vector<std::uint32_t>& ids) {
  const std::lock_guard<std::mutex> guard(write_lock_);
  // Everything that can fail comes first.
  auto next = std::make_shared<State>(*now());
  Pile::Removal fresh = fresh_.prepared(ids);
  Pile::Removal frozen = frozen_.prepared(ids);
  std::size_t removed = fresh.ids.size() + frozen.ids.size();
  for (MihPart& part : next->parts) {
    std::vector<std::uint32_t> rows;
    for (const std::uint32_t id : ids) {
      const std::optional<std::uint32_t> row = part.table->find(id);
      if (row && !part.dead->has(*row)) rows.push_back(*row);
    }
    std::sort(rows.begin(), rows.end());
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
    if (!rows.empty()) part.dead = std::make_shared<const DeadRows>(part.dead->with(rows));
    removed += rows.size();
  }
  if (removed == 0) return 0;
  if (merging_) removed_meanwhile_.insert(removed_meanwhile_.end(), ids.begin(), ids.end());

  fresh_.remove(std::move(fresh));
  frozen_.remove(std::move(frozen));
  next->fresh = fresh_.now();
  next->frozen = frozen_.now();
  publish(std::move(next));
  return removed;
}

Found Living::search(const std::vector<std::uint64_t>& queries, std::uint32_t radius, unsigned threads) const {
  const std::shared_ptr<const State> state = now();
  const std::size_t count = queries.size() / kRowWords;
  std::vector<Hits> hits;
  if (state->fresh->size() > 0) append(hits, sweep(state->fresh->tiles(), queries, radius, threads, kernels_));
  if (state->frozen->size() > 0) append(hits, sweep(state->frozen->tiles(), queries, radius, threads, kernels_));

  const std::size_t spans = std::min<std::size_t>(threads, std::max<std::size_t>(1, count / kQueriesPerThread));
  std::vector<Hits> of_tables(state->parts.size() * spans);
  share_out(of_tables.size(), spans, [&](std::size_t unit, std::size_t) {
    const std::size_t span = unit % spans;
    search_part(state->parts[unit / spans], queries, count * span / spans, count * (span + 1) / spans, radius, kernels_,
                of_tables[unit]);
  });
  append(hits, std::move(of_tables));
  return in_order(hits, count);
}

Scored Living::search_weighted(const std::vector<WeightedQuery>& queries, double threshold, unsigned threads) const {
  const std::shared_ptr<const State> state = now();
  std::vector<WeightedScan> scans;
  scans.reserve(queries.size());
  for (const WeightedQuery& query : queries) scans.emplace_back(query, threshold);

  std::vector<std::vector<ScoredHits>> found(threads, std::vector<ScoredHits>(queries.size()));
  for (const MihPart& part : state->parts) {
    share_out((part.table->size() + kSpanRows - 1) / kSpanRows, threads, [&](std::size_t span, std::size_t member) {
      const std::size_t first = span * kSpanRows;
      sweep_weighted(PartRows(part), first, std::min(kSpanRows, part.table->size() - first), scans, kernels_.sift,
                     found[member]);
    });
  }
  for (const Chunks* pile : {state->frozen.get(), state->fresh.get()}) {
    for (const Rows& tile : pile->tiles()) {
      sweep_weighted(TileRows(tile), 0, tile.count, scans, kernels_.sift, found.front());
    }
  }
  return in_order(found);
}

Candidates Living::search_estimates(const std::vector<WeightedQuery>& looks, double threshold, const Leads& leads,
                                    GuessLimits limits, std::size_t most, unsigned threads) const {
  const std::shared_ptr<const State> state = now();
  EstimateSearch search(looks, threshold, leads, limits, kernels_, threads);
  search.search(state->parts);
  search.search(*state->frozen);
  search.search(*state->fresh);
  return search.best(most);
}

std::pair<std::vector<std::uint32_t>, std::vector<Words>> Living::held(const std::vector<std::uint32_t>& ids) const {
  const std::shared_ptr<const State> state = now();
  std::unordered_map<std::uint32_t, Words> found;
  for (const std::uint32_t id : ids) {
    for (const MihPart& part : state->parts) {
      const std::optional<std::uint32_t> row = part.table->find(id);
      if (row && !part.dead->has(*row)) std::memcpy(found[id].data(), part.table->row(*row), kRowBytes);
    }
  }
  const std::unordered_set<std::uint32_t> wanted(ids.begin(), ids.end());
  for (const Chunks* pile : {state->frozen.get(), state->fresh.get()}) {
    for (std::size_t r = 0; r < pile->size(); ++r) {
      if (wanted.count(pile->id(r)) != 0) found[pile->id(r)] = pile->row(r);
    }
  }
  std::pair<std::vector<std::uint32_t>, std::vector<Words>> rows;
  for (const std::uint32_t id : ids) {
    const auto at = found.find(id);
    if (at == found.end()) continue;
    rows.first.push_back(id);
    rows.second.push_back(at->second);
  }
  return rows;
}

bool Living::overdue() const {
  const std::shared_ptr<const State> state = now();
  const Choice choice = chosen(*state);
  return state->fresh->size() >= kTableRows || choice.with_frozen || choice.last - choice.first > 0;
}

// The growing pile stops growing; a new one begins. What is frozen still from a merge that failed stays in front.
void Living::freeze() {
  const std::lock_guard<std::mutex> guard(write_lock_);
  if (frozen_.now()->size() > 0) return;
  auto next = std::make_shared<State>(*now());
  Pile empty;
  frozen_ = std::move(fresh_);
  fresh_ = std::move(empty);
  next->frozen = frozen_.now();
  next->fresh = fresh_.now();
  publish(std::move(next));
}

Living::Choice Living::chosen(const State& state) const {
  const std::vector<MihPart>& parts = state.parts;
  const bool with_frozen = state.frozen->size() > 0;
  std::size_t sum = state.frozen->size();
  std::size_t first = parts.size();
  if (!with_frozen && !parts.empty()) sum = parts[--first].live();
  while (first > 0 && parts[first - 1].live() < kJoinBelow * sum) sum += parts[--first].live();
  if (with_frozen || parts.size() - first > 1) return {first, parts.size(), with_frozen};

  for (std::size_t p = 0; p < parts.size(); ++p) {
    if (parts[p].dead->count() > parts[p].table->size() / kDeadShare) return {p, p + 1, false};
  }
  return {0, 0, false};
}

bool Living::tidy(unsigned threads) {
  const std::lock_guard<std::mutex> merging(merge_lock_);
  if (now()->fresh->size() >= kTableRows) freeze();
  const Choice choice = chosen(*now());
  if (!choice.with_frozen && choice.first == choice.last) return false;
  merge_chosen(choice, threads);
  return true;
}

std::shared_ptr<const MihTable> Living::merge(unsigned threads) {
  const std::lock_guard<std::mutex> merging(merge_lock_);
  // Left over from a merge that failed: in the way of the pile behind it.
  if (now()->frozen->size() > 0) merge_chosen({0, now()->parts.size(), true}, threads);
  freeze();
  const std::shared_ptr<const State> state = now();
  const bool whole = state->parts.size() <= 1 && state->frozen->size() == 0 &&
                     (state->parts.empty() || state->parts[0].dead->count() == 0);
  if (whole) return state->parts.empty() ? nullptr : state->parts[0].table;
  return merge_chosen({0, state->parts.size(), true}, threads);
}

std::shared_ptr<const MihTable> Living::merge_chosen(const Choice& choice, unsigned threads) {
  std::shared_ptr<const State> before;
  {
    const std::lock_guard<std::mutex> guard(write_lock_);
    removed_meanwhile_.clear();
    merging_ = true;
    before = now();
  }
  std::shared_ptr<const MihTable> table;
  try {
    const MihPart* parts = before->parts.data();
    const Chunks none;
    Gathered rows = gather(parts + choice.first, parts + choice.last, choice.with_frozen ? *before->frozen : none);
    table = std::make_shared<const MihTable>(std::move(rows.ids), std::move(rows.rows), threads);
  } catch (...) {
    const std::lock_guard<std::mutex> guard(write_lock_);
    merging_ = false;
    throw;
  }

  const std::lock_guard<std::mutex> guard(write_lock_);
  merging_ = false;
  std::vector<std::uint32_t> dead;
  for (const std::uint32_t id : removed_meanwhile_) {
    if (const std::optional<std::uint32_t> row = table->find(id)) dead.push_back(*row);
  }
  std::sort(dead.begin(), dead.end());
  dead.erase(std::unique(dead.begin(), dead.end()), dead.end());

  auto next = std::make_shared<State>(*now());
  const auto from = next->parts.begin() + static_cast<std::ptrdiff_t>(choice.first);
  const auto at = next->parts.erase(from, next->parts.begin() + static_cast<std::ptrdiff_t>(choice.last));
  if (table->size() > 0) {
    next->parts.insert(at, {table, std::make_shared<const DeadRows>(DeadRows().with(dead))});
  }
  Pile empty;
  if (choice.with_frozen) {
    frozen_ = std::move(empty);
    next->frozen = frozen_.now();
  }
  publish(std::move(next));
  return table->size() > 0 ? table : nullptr;
}

}  // namespace notcontent
