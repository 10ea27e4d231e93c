#include "brute.hpp"

namespace notcontent {

std::shared_ptr<const Chunks> Brute::snapshot() const {
  const std::lock_guard<std::mutex> guard(publish_lock_);
  return current_;
}

void Brute::publish(std::shared_ptr<const Chunks> next) noexcept {
  const std::lock_guard<std::mutex> guard(publish_lock_);
  current_.swap(next);
}

std::vector<std::uint32_t> Brute::add(const std::vector<Words>& rows, std::optional<std::vector<std::uint32_t>> given) {
  const std::lock_guard<std::mutex> guard(write_lock_);
  std::vector<std::uint32_t> ids = given ? std::move(*given) : numbering_.next(rows.size());
  pile_.add(rows, ids);
  for (const std::uint32_t id : ids) numbering_.saw(id);
  publish(pile_.now());
  return ids;
}

std::size_t Brute::remove(const std::vector<std::uint32_t>& ids) {
  const std::lock_guard<std::mutex> guard(write_lock_);
  Pile::Removal removal = pile_.prepared(ids);
  const std::size_t removed = removal.ids.size();
  pile_.remove(std::move(removal));
  publish(pile_.now());
  return removed;
}

Found Brute::search(const std::vector<std::uint64_t>& queries, std::uint32_t radius, unsigned threads) const {
  const std::shared_ptr<const Chunks> now = snapshot();
  std::vector<Hits> hits = sweep(now->tiles(), queries, radius, threads, kernels_);
  return in_order(hits, queries.size() / kRowWords);
}

}  // namespace notcontent
