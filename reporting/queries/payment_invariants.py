"""The invariants of payments that need more than one line: orders (INV-08) and the people of a payment (SD-6)."""

ORDERS = """
SELECT p.number FROM funding_payment p JOIN funding_instalment i ON i.id = p.instalment_id JOIN funding_agreement g ON g.id = i.agreement_id
 WHERE p.order_number <> g.number || '/' || i.position || '/' || p.attempt
UNION ALL
SELECT p.number FROM funding_payment p WHERE p.state IN ('confirmed', 'reversed') AND NOT EXISTS (
  SELECT FROM ledger_entry l WHERE l.kind = 'payment' AND l.reverses_id IS NULL AND l.reference = p.reference AND l.amount = p.amount
     AND l.instalment_id = p.instalment_id)
UNION ALL
SELECT p.number FROM funding_payment p WHERE p.state = 'reversed' AND NOT EXISTS (
  SELECT FROM ledger_entry l JOIN ledger_entry o ON o.id = l.reverses_id
   WHERE l.reference = p.reversal_reference AND l.amount = -p.amount AND o.reference = p.reference)
UNION ALL
SELECT o.order_number FROM funding_batchorder o JOIN funding_paymentbatch b ON b.id = o.batch_id
  JOIN funding_payment p ON p.id = o.payment_id
 WHERE o.is_live AND (b.state = 'cancelled' OR p.amount <> o.amount OR p.state IN ('requested', 'certified')
                      OR (b.state = 'transmitted') <> (p.state IN ('transmitted', 'confirmed', 'reversed', 'rejected')))
"""

SD_6 = """
SELECT p.number FROM funding_payment p
 WHERE p.requested_by_id IN (p.certified_by_id, p.authorised_by_id) OR p.certified_by_id = p.authorised_by_id
UNION ALL
SELECT p.number FROM funding_payment p JOIN funding_instalment i ON i.id = p.instalment_id JOIN funding_agreement g ON g.id = i.agreement_id
  JOIN projects_project j ON j.id = g.project_id
  CROSS JOIN LATERAL (VALUES (p.requested_by_id, p.requested_at), (p.certified_by_id, p.certified_at),
                             (p.authorised_by_id, p.authorised_at)) AS s(person, at)
  JOIN funding_bankdetail b ON b.organisation_id = j.organisation_id
  CROSS JOIN LATERAL (VALUES (b.entered_by_id, b.entered_at), (b.decided_by_id, b.decided_at)) AS d(person, at)
 WHERE s.person = d.person AND s.at BETWEEN d.at - bank_days(d.at) AND d.at + bank_days(s.at) AND abs(extract(epoch FROM s.at - d.at)) <
       extract(epoch FROM bank_days(greatest(s.at, d.at)))
"""
