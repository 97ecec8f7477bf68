select (select count(*) from outbox.document) as documents, stock_result.outcome, stock_result.is_written_back, stock_result.currentqty
from compare.stock_result
