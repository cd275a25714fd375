import pytest
from decimal import Decimal
from tests.factories import *
from tests.funding.services.test_agreements import approved, draft, signed_by_both
from projects.enums import Role, ApplicationState
import time_machine
from datetime import datetime, UTC
from django.test import Client
def test_shots(committed_db, live, chromium, accessibility_violations):
    from tests.conftest import watch
    call = reserved_call()
    a = award_certified(ApplicationFactory(call=call, state=ApplicationState.RECOMMENDED, score=Decimal("88.00")), conditions="Publier le code source", rank=1)
    r = ApplicationFactory(call=call, state=ApplicationState.REVIEWED, score=Decimal("77.50"))
    t = approved(call=call); d = approved(call=call); g = draft(d); inforce = signed_by_both(approved(call=call))
    n=a.application.number
    org=d.application.organisation
    people={"sec":person_with(Role.COMMITTEE_SECRETARY),"head":person_with(Role.HEAD),"off":person_with(Role.OFFICER),"sig":person_with(Role.SIGNATORY,organisation=org)}
    pages=[("sec","/decisions/"),("sec",f"/secretariat/appels/{call.reference}/classement/"),("sec",f"/secretariat/demandes/{r.number}/recommandation/"),
     ("head",f"/decisions/{n}/"),("head",f"/decisions/{n}/approbation/"),("head",f"/decisions/{n}/refus/"),("off",f"/decisions/{t.application.number}/convention/"),
     ("off","/conventions/"),("off",f"/conventions/{inforce.number}/"),("sig",f"/conventions/{g.number}/signature/"),("sig",f"/demandes/{d.application.number}/decision/"),("sec",f"/secretariat/demandes/{r.number}/")]
    bad=[]
    for who,url in pages:
        c=Client(); c.force_login(people[who]); sid=c.cookies["sessionid"].value
        for w in (1280,390,320):
            ctx=chromium.new_context(base_url=live.url,locale="fr-CA",viewport={"width":w,"height":900}); errs=watch(ctx)
            ctx.add_cookies([{"name":"sessionid","value":sid,"url":live.url}])
            p=ctx.new_page(); resp=p.goto(url)
            if resp.status!=200: bad.append((url,resp.status))
            sw=p.evaluate("document.documentElement.scrollWidth")
            if sw>w: bad.append((url,w,"scroll",sw))
            if w!=320:
                v=accessibility_violations(p)
                if v: bad.append((url,w,v))
                p.screenshot(path=f"/tmp/shots/{pages.index((who,url)):02d}-{w}.png",full_page=True)
            if errs: bad.append((url,w,errs))
            ctx.close()
    for b in bad: print(b)
    assert bad==[]
