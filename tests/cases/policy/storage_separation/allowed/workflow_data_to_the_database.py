def record(db, consensus_result, agent_output):
    with db.transaction() as transaction:
        transaction.store_artifact(agent_output, type="consensus")
        transaction.store_consensus(consensus_result, domain="workflow")
